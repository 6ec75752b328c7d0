// Search without accents: "camara" finds "cámara". site_pages.py folds the words of the index in the same way.
document.addEventListener("DOMContentLoaded", () => {
  const Stemmer = window.Stemmer;
  if (!Stemmer) return; // only the page of the search has it
  window.Stemmer = function () {
    const stemmer = new Stemmer();
    this.stemWord = (word) => stemmer.stemWord(word.normalize("NFD").replace(/\p{M}/gu, ""));
  };
});
