// @ts-check
// Says that something happened to whoever asked to hear of it.

/** @template {Record<string, any>} Events name of an event -> what is said with it */
export class Emitter {
  constructor() {
    /** @type {{ [name: string]: Set<(detail: any) => void> }} */
    this.listeners = {};
  }

  /**
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @returns {() => void} stops listening
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
