/** Controls of the chosen rule. Each change is a gesture, which can be undone. */
import { useEffect, useRef, useState } from "preact/hooks";
import { MAX_NAME_LENGTH, type RuleFigures, type RuleInfo } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { LEAST_REACH, MOST_REACH } from "../../state/rule-state.js";
import { notLabelledText, previewText, sourceText } from "../../state/rule-text.js";
import { useUi } from "../kit/context.js";
import { fieldKey } from "../kit/field-key.js";

/** Time from a movement of the slider until its preview is requested, ms. */
const PREVIEW_MS = 120;
/** Time from the last change of the slider until it is stored, ms: a key that is held repeats. */
const SETTLE_MS = 350;
/** Steps of the slider of the reach to each side, on a logarithmic scale. */
const STEPS = 40;
/** Reach at the right end of the slider. At the left end, it is 1 / SPAN. */
const SPAN = 4;

/** Reach at a place of the slider, -STEPS..STEPS. */
const reachAt = (place: number): number =>
  Math.min(MOST_REACH, Math.max(LEAST_REACH, SPAN ** (place / STEPS)));
const placeOf = (reach: number): number => Math.round((Math.log(reach) / Math.log(SPAN)) * STEPS);

export function RuleControls({
  rule,
  figures,
}: {
  rule: RuleInfo;
  figures: RuleFigures | undefined;
}) {
  const { state, commands } = useUi();
  const { kind, name, class_id, query, confidence } = rule;
  const edit = (
    changes: { name?: string; class_id?: number; refresh?: boolean },
    refused = () => {},
  ) =>
    commands.withRules(async (loaded) => {
      if (!(await loaded.edit(rule.rule, changes))) refused();
    });
  const classes = state.liveClasses.value.filter(
    (info) => !info.locked || info.class_id === class_id,
  );
  const fixed = state.readOnly.value;
  return (
    <div class="rule-controls" role="group" aria-label={`Rule ${name}`}>
      <p class="faint-text">{sourceText(rule)}</p>
      {figures && figures.labelled !== rule.count && (
        <p class="faint-text">{notLabelledText(rule, figures.labelled)}</p>
      )}
      {!fixed && (
        <>
          <label>
            <span class="muted">name</span>
            <input
              defaultValue={name}
              key={name}
              maxLength={MAX_NAME_LENGTH}
              dir="auto"
              onBlur={({ currentTarget: field }) => {
                const restore = () => {
                  field.value = name;
                };
                const typed = field.value.trim();
                if (typed && typed !== name) edit({ name: typed }, restore);
                else restore();
              }}
              onKeyDown={(event) => {
                const key = fieldKey(event);
                if (key === "Enter") event.currentTarget.blur();
                if (key !== "Escape") return;
                event.currentTarget.value = name;
                event.currentTarget.blur();
              }}
            />
          </label>
          {class_id >= 0 && (
            <label>
              <span class="muted">class</span>
              <select
                value={String(class_id)}
                onChange={(event) => edit({ class_id: Number(event.currentTarget.value) })}
              >
                {classes.map((info) => (
                  <option key={info.class_id} value={String(info.class_id)}>
                    {info.name}
                  </option>
                ))}
              </select>
            </label>
          )}
          {kind === "region" && <Reach rule={rule} />}
        </>
      )}
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => commands.withRules((loaded) => loaded.select(rule))}
        >
          Select {count(rule.count)}
        </button>
        {!fixed && (
          <>
            {(query !== "" || confidence > 0) && (
              <button
                type="button"
                class="button"
                title="Search the items of the rule again"
                onClick={() => edit({ refresh: true })}
              >
                Search again
              </button>
            )}
            <button
              type="button"
              class="button"
              onClick={() => commands.withRules((loaded) => loaded.duplicate(rule))}
            >
              Duplicate
            </button>
            <button
              type="button"
              class="button"
              title="Its labels are removed, and those below appear again. Can be undone"
              onClick={() => commands.withRules((loaded) => loaded.delete(rule.rule))}
            >
              Delete
            </button>
          </>
        )}
      </div>
    </div>
  );
}

/** Slider of the reach: a preview while it moves, and the change when it is released. */
function Reach({ rule }: { rule: RuleInfo }) {
  const { state, commands } = useUi();
  const [place, setPlace] = useState<number | null>(null);
  const reach = place === null ? rule.reach : reachAt(place);
  useEffect(() => {
    if (place === null) return;
    const timer = window.setTimeout(
      () => commands.withRules((loaded) => void loaded.previewReach(rule.rule, reachAt(place))),
      PREVIEW_MS,
    );
    return () => window.clearTimeout(timer);
  }, [place]);
  const pending = useRef<{ wanted: number; timer: number } | null>(null);
  const commit = () => {
    if (!pending.current) return;
    const { wanted, timer } = pending.current;
    window.clearTimeout(timer);
    pending.current = null;
    commands.withRules(async (loaded) => {
      await loaded.edit(rule.rule, { reach: wanted });
      if (!pending.current) setPlace(null);
    });
  };
  const change = (to: number) => {
    window.clearTimeout(pending.current?.timer);
    pending.current = { wanted: reachAt(to), timer: window.setTimeout(commit, SETTLE_MS) };
  };
  useEffect(() => {
    if (!pending.current) setPlace(null);
  }, [rule.reach]);
  // The preview ends with the controls, for example when another rule is chosen.
  useEffect(
    () => () => {
      if (pending.current) commit();
      else commands.withRules((loaded) => loaded.endPreview());
    },
    [],
  );
  const reached = state.rules.reached.value;
  const mine = reached?.rule === rule.rule && Math.abs(reached.reach - rule.reach) > 1e-3;
  return (
    <>
      <label title="How far the rule reaches from its prototypes: 1 reproduces the selection">
        <span class="muted">reach</span>
        <input
          type="range"
          min={-STEPS}
          max={STEPS}
          value={placeOf(reach)}
          aria-valuetext={`${reach.toFixed(2)} times`}
          onInput={(event) => setPlace(Number(event.currentTarget.value))}
          onChange={(event) => change(Number(event.currentTarget.value))}
          onBlur={commit}
        />
        <b>{reach.toFixed(2)}</b>
      </label>
      {mine && (
        <p class="hint" role="status" data-testid="reach-preview">
          {previewText(reached)}
        </p>
      )}
    </>
  );
}
