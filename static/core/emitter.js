// @ts-check
// Typed events: listeners subscribe by name, `emit` calls them synchronously.

/** @template {Record<string, any>} Events name of an event -> its detail */
export class Emitter {
  constructor() {
    /** @type {{ [name: string]: Set<(detail: any) => void> }} */
    this.listeners = {};
  }

  /**
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @returns {() => void} unsubscribes the listener
   */
  on(name, listener) {
    const of = (this.listeners[name] ??= new Set());
    of.add(listener);
    return () => of.delete(listener);
  }

  /**
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    for (const listener of [...(this.listeners[name] ?? [])]) listener(detail);
  }
}
