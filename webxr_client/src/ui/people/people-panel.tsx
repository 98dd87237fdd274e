/** The people who label: names, number of labels, and how far their labels agree. */
import { useEffect, useState } from "preact/hooks";
import { getJson } from "../../net/api.js";
import type { Agreement, Person } from "../../protocol/messages.js";
import {
  commonText,
  kappaText,
  LEAST_FOR_CLASSES,
  LEAST_FOR_KAPPA,
  nameOf,
  WHAT_KAPPA_IS,
} from "../../state/agreement-text.js";
import { count, items as itemsText } from "../../state/format.js";
import { followedPerson } from "../../state/peer-calls.js";
import { peerColour } from "../../state/people-state.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { useReturnedFocus } from "../kit/focus.js";
import { PanelTitle } from "../kit/panel-title.js";

/** Time from a change of labels until the figures are requested, ms. */
const FIGURES_MS = 400;

export function PeoplePanel() {
  const { state } = useUi();
  const { people } = state;
  const labels = state.labelsVersion.value;
  const history = state.history.value;
  const connected = state.persons.value;
  const panel = useReturnedFocus<HTMLElement>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    const timer = window.setTimeout(
      () =>
        getJson<Agreement>("/api/agreement").then(
          (answer) => {
            if (!current) return;
            people.agreement.value = answer;
            setFailed(false);
          },
          () => current && setFailed(true),
        ),
      people.agreement.peek() ? FIGURES_MS : 0,
    );
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [labels, history, connected, people]);
  const agreement = people.agreement.value;
  return (
    <section ref={panel} class="glass rules-panel people-panel" aria-label="People">
      <PanelTitle
        close={() => {
          people.open.value = false;
        }}
      >
        People
      </PanelTitle>
      {failed && (
        <p class="hint warm">The server did not send the figures. The next label asks again.</p>
      )}
      {agreement && (
        <>
          <ul class="people">
            {agreement.people.map((one) => (
              <Row key={one.person} one={one} agreement={agreement} />
            ))}
          </ul>
          <Calls />
          <Figures agreement={agreement} />
          {!state.readOnly.value && <Sheets />}
        </>
      )}
    </section>
  );
}

function Row({ one, agreement }: { one: Person; agreement: Agreement }) {
  const { state } = useUi();
  const { people } = state;
  // A signal that does not change when people only move their pointers.
  const page = state.persons.value.find(({ person }) => person === one.person);
  const selected = page && people.selections.value.get(page.client_id)?.count;
  const follows = page !== undefined && followedPerson(state) === page;
  return (
    <li data-person={one.person}>
      {page ? (
        <Swatch colour={peerColour(page.colour)} />
      ) : (
        <i class={one.connected ? "dot on" : "dot"} aria-hidden="true" />
      )}
      <bdi class="person-name">{nameOf(one.person, agreement)}</bdi>
      <span class="muted">
        {itemsText(one.labelled)} labelled
        {selected ? `, ${count(selected)} selected now` : one.connected ? "" : ", not connected"}
      </span>
      {page && (
        <span class="people-actions">
          <button
            type="button"
            class="link"
            title="Move to the view of this person"
            onClick={() => {
              people.visiting.value = page.client_id;
            }}
          >
            Go there
          </button>
          <button
            type="button"
            class="link"
            aria-pressed={follows}
            title="See what this person sees, until you move the map yourself"
            onClick={() => {
              people.following.value = follows ? "" : page.client_id;
            }}
          >
            {follows ? "Stop following" : "Follow"}
          </button>
        </span>
      )}
    </li>
  );
}

/** Requests of this page to the others; shown while others are connected. */
function Calls() {
  const { state } = useUi();
  const { call } = state.people;
  if (state.persons.value.length === 0) return null;
  const button = (kind: "come" | "follow", text: string, title: string) => (
    <button
      type="button"
      class="button"
      aria-pressed={call.value === kind}
      title={title}
      onClick={() => {
        call.value = call.value === kind ? "" : kind;
      }}
    >
      {text}
    </button>
  );
  return (
    <div class="people-sheets">
      {button("come", "Come here", "Ask the others to move to your view once")}
      {button("follow", "Follow me", "Ask the others to see what you see, until you switch it off")}
    </div>
  );
}

/** Buttons that open the sheets for several people. */
function Sheets() {
  const { commands } = useUi();
  return (
    <div class="people-sheets">
      <button
        type="button"
        class="button"
        title={
          "A sheet of items without a label. Another person gets the same items. You see each " +
          "other's labels when both have confirmed the sheet"
        }
        onClick={() => commands.openSheet("double")}
      >
        Label items blind, in pairs
      </button>
      <button
        type="button"
        class="button"
        title="Sheets of the items on which people or rules differ, the most informative first"
        onClick={() => commands.openSheet("conflicts")}
      >
        Decide conflicts
      </button>
    </div>
  );
}

/** Agreement of each two people, of all people, and per class. */
function Figures({ agreement }: { agreement: Agreement }) {
  if (agreement.pairs.length === 0)
    return (
      <p class="hint" data-testid="no-agreement">
        How far people agree is shown when two of them have labelled the same items.
      </p>
    );
  return (
    <>
      <h3 class="faint-text" title={WHAT_KAPPA_IS}>
        Agreement
      </h3>
      <p class="hint">
        {WHAT_KAPPA_IS} It is shown from {LEAST_FOR_KAPPA} common items on.
      </p>
      <table class="kappas">
        <thead>
          <tr>
            <th scope="col">labelled by both</th>
            <th scope="col">kappa</th>
          </tr>
        </thead>
        <tbody>
          {agreement.pairs.map((pair) => (
            <tr key={`${pair.first} ${pair.second}`}>
              <td>
                <b>
                  <bdi>{nameOf(pair.first, agreement)}</bdi>,{" "}
                  <bdi>{nameOf(pair.second, agreement)}</bdi>
                </b>
                <span class="muted">{commonText(pair)}</span>
              </td>
              <td class="kappa" data-testid="kappa">
                {kappaText(pair.kappa, pair.items)}
              </td>
            </tr>
          ))}
          {agreement.pairs.length > 1 && (
            <tr>
              <td>
                <b title="Fleiss' kappa, on the items that at least two people labelled">all</b>
                <span class="muted">{commonText(agreement)}</span>
              </td>
              <td class="kappa" data-testid="kappa-of-all">
                {kappaText(agreement.kappa, agreement.items)}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      <Classes agreement={agreement} />
    </>
  );
}

/** Kappa of each class against all others, the lowest first. */
function Classes({ agreement: { classes, items } }: { agreement: Agreement }) {
  const { state } = useUi();
  if (classes.length === 0 || items < LEAST_FOR_CLASSES) return null;
  return (
    <details>
      <summary class="muted">Per class</summary>
      <table class="kappas">
        <tbody>
          {[...classes]
            .sort((a, b) => a.kappa - b.kappa)
            .map(({ class_id, kappa }) => {
              const info = state.classes.value[class_id];
              return (
                <tr key={class_id}>
                  <td>
                    {info && <Swatch colour={info.colour} of={class_id} />}
                    <span dir="auto">{info?.name ?? `class ${class_id}`}</span>
                  </td>
                  <td class="kappa">{kappaText(kappa, items)}</td>
                </tr>
              );
            })}
        </tbody>
      </table>
    </details>
  );
}
