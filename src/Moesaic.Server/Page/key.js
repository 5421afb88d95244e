import { byId } from "./element.js";

/** Asks for the API key; null when the reader gives up. It is kept for this tab only (see api.js). */
export function askForKey(refused) {
  const dialog = byId("key-dialog");
  byId("key-refused").hidden = !refused;
  byId("key").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  byId("key-cancel").onclick = () => dialog.close();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "given" ? byId("key").value : null), { once: true }));
}
