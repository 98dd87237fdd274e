/*
 * Explanation on the page of a baked site that is opened as a file. Browsers do not run the page's
 * modules then. This file is a classic script, which browsers run.
 */
if (location.protocol === "file:") {
  // A path of Windows is "/C:/folder/" in the address.
  const path = decodeURIComponent(location.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
  const folder = path.replace(/[^/]*$/, "");
  const add = (parent, name, text, style) => {
    const element = document.createElement(name);
    element.textContent = text;
    Object.assign(element.style, style);
    parent.append(element);
    return element;
  };
  const line = { margin: "8px 0 0" };
  const code = {
    display: "block",
    margin: "8px 0",
    padding: "8px 10px",
    borderRadius: "6px",
    background: "#0d1219",
    overflowWrap: "anywhere",
    font: "13px/1.5 ui-monospace, monospace",
  };
  Object.assign(document.body.style, { margin: "0", background: "#0d1219", color: "#e9edf3" });
  const poster = document.querySelector(".poster");
  if (poster)
    Object.assign(poster.style, { display: "block", width: "min(900px, 100%)", margin: "0 auto" });
  const note = add(document.body, "section", "", {
    boxSizing: "border-box",
    width: "min(640px, calc(100% - 32px))",
    margin: "16px auto 32px",
    padding: "16px 20px",
    border: "1px solid #3a4656",
    borderRadius: "12px",
    background: "#161d27",
    font: "15px/1.5 system-ui, sans-serif",
  });
  note.setAttribute("role", "alert");
  add(note, "b", "This scene was opened as a file, so it cannot load its data.", {});
  add(note, "p", "Browsers load the data only from a web server. Start one in this folder:", line);
  add(note, "code", `cd "${folder}"`, code);
  add(note, "code", "python -m http.server", code);
  add(note, "p", "Then open http://localhost:8000/ in the browser.", line);
  add(note, "p", "You can also copy the folder to any web server, or serve it with Lodespace:", line);
  add(note, "code", `lodespace serve "${folder}"`, code);
}
