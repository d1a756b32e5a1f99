// One switch for all the code of a page; the choice carries over to the next page.
(() => {
  const button = document.querySelector("button.switch");
  const codes = [...document.querySelectorAll("details.code")];
  if (!button || codes.length === 0) return;
  const remembered = {
    get: () => { try { return localStorage.getItem("hw1-code") === "shown"; } catch { return false; } },
    set: (shown) => { try { localStorage.setItem("hw1-code", shown ? "shown" : "hidden"); } catch { /* no storage here */ } },
  };
  const label = () => {
    button.textContent = codes.every((code) => code.open) ? "Hide all code" : "Show all code";
  };
  button.addEventListener("click", () => {
    const shown = !codes.every((code) => code.open);
    codes.forEach((code) => { code.open = shown; });
    remembered.set(shown);
    label();
  });
  codes.forEach((code) => {
    code.open = remembered.get();
    code.addEventListener("toggle", label);
  });
  button.hidden = false;
  label();
})();
