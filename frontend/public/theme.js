// Sets the theme before anything is drawn, so that a dark page never flashes white.
(function () {
  var chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("backlit.theme") || "null");
  } catch {
    // storage is off, or holds something else: the system's theme will do
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme =
    chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
