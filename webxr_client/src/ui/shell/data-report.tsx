/**
 * Panel with the report of the import. It is open until the first gesture (action of a user), or
 * until the user closes it.
 */
import { REPORT_CLOSED, reportKey } from "../../state/report.js";
import { store } from "../../state/storage.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";

export function DataReport() {
  const { state } = useUi();
  const session = state.session.value;
  if (!session || !state.reportOpen.value) return null;
  const doubtful = session.report.filter((line) => line.doubtful).length;
  return (
    <section class="glass data-report" aria-label="How the data were read">
      <div class="panel-title">
        <h2>How the data were read</h2>
        <button
          type="button"
          class="button"
          onClick={() => {
            state.reportChosen.value = false;
            store(REPORT_CLOSED, reportKey(session));
          }}
        >
          Close <KeyHint action="report" />
        </button>
      </div>
      {doubtful > 0 && (
        <p>
          <strong>{doubtful === 1 ? "1 line to check" : `${doubtful} lines to check`}</strong>
        </p>
      )}
      <dl>
        {session.report.map((line, number) => {
          const repeated = session.report[number - 1]?.topic === line.topic;
          return (
            <div key={`${line.topic} ${line.text}`} class={line.doubtful ? "doubtful" : ""}>
              <dt>{repeated ? "" : line.topic.replace("_", " ")}</dt>
              <dd>
                {line.doubtful && <strong>Check: </strong>}
                {line.text}
                {line.option && (
                  <>
                    ; to change it: <code>{line.option}</code>
                  </>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {doubtful > 0 && (
        <p class="muted">
          If a line is wrong, import the data again into a new project, with the option that the
          line names.
        </p>
      )}
    </section>
  );
}
