/** Dialog with the formats in which the project can be downloaded. */
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";

interface Format {
  /** Name of the format at `GET /api/export`. */
  id: string;
  name: string;
  has: string;
  /** Only for projects with sounds. */
  sounds?: true;
}

const GROUPS: readonly { title: string; formats: readonly Format[] }[] = [
  {
    title: "Labels and predictions",
    formats: [
      { id: "csv", name: "CSV", has: "a table for spreadsheets" },
      { id: "jsonl", name: "JSON lines", has: "one object per item" },
      { id: "parquet", name: "Parquet", has: "a table for pandas and databases" },
      { id: "votes", name: "Votes", has: "the labels of each person, as Parquet" },
      { id: "rules", name: "Rules", has: "the rules with their regions, as JSON" },
      { id: "npz", name: "NumPy", has: "arrays, with the positions of the map" },
      { id: "label-studio", name: "Label Studio", has: "tasks with annotations, as JSON" },
      { id: "raven", name: "Raven", has: "selection tables, ZIP", sounds: true },
      { id: "audacity", name: "Audacity", has: "label tracks, ZIP", sounds: true },
    ],
  },
  {
    title: "The map",
    formats: [
      { id: "png", name: "PNG", has: "a figure of the map" },
      { id: "svg", name: "SVG", has: "a figure that can be edited" },
      { id: "glb", name: "glTF", has: "the points with their colours" },
      { id: "ply", name: "PLY", has: "the points, for CloudCompare or MeshLab" },
      { id: "obj", name: "OBJ", has: "the points, for Blender" },
      { id: "webm", name: "WebM", has: "a film of the training" },
    ],
  },
  {
    title: "The model",
    formats: [
      { id: "onnx", name: "ONNX", has: "encoder and classifiers" },
      { id: "model", name: "safetensors", has: "for lodespace.load_model, ZIP" },
    ],
  },
];

export function ExportDialog() {
  const { state, commands } = useUi();
  const running = state.exporting.value;
  const sounds = state.session.value?.item_kind === "sound";
  return (
    <Dialog title="Export" open={state.exportOpen} class="export-dialog">
      {state.labelled.value === 0 && (
        <p class="hint">No item has a label yet, so tables have predictions only, if any.</p>
      )}
      {GROUPS.map(({ title, formats }) => (
        <section key={title} aria-label={title}>
          <h3>{title}</h3>
          <ul>
            {formats
              .filter((format) => sounds || !format.sounds)
              .map(({ id, name, has }) => (
                <li key={id}>
                  <button
                    type="button"
                    class="button"
                    data-export={id}
                    disabled={running !== ""}
                    aria-busy={running === id}
                    onClick={() => commands.download(id)}
                  >
                    {running === id ? "Exporting…" : name}
                  </button>
                  <span class="muted">{has}</span>
                </li>
              ))}
          </ul>
        </section>
      ))}
      <p class="faint-text">
        The command <code>lodespace export</code> also writes a folder of files per class.
      </p>
    </Dialog>
  );
}
