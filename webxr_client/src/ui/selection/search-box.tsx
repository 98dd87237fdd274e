/** Search field. Items that do not match are dimmed, not hidden. */
import { useEffect, useRef } from "preact/hooks";
import { count } from "../../state/format.js";
import { useUi } from "../kit/context.js";
import { fieldKey } from "../kit/field-key.js";
import { SearchIcon } from "../kit/icons.js";

interface SearchBoxProps {
  /** Whether the field gets the focus when it appears. */
  focused?: boolean;
  /** Whether the page has no panel for a selection, so the camera moves to the found items. */
  show?: boolean;
}

export function SearchBox({ focused = false, show = false }: SearchBoxProps) {
  const { state, commands, showItems } = useUi();
  const verb = show ? "Show" : "Select";
  const take = show ? showItems : commands.select;
  const input = useRef<HTMLInputElement>(null);
  const search = state.search.value;
  const found = search?.items;
  const exact = search?.exact;
  const key = state.keys.text("search");
  useEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);
  // A link to a view can begin a search.
  const text = search?.text ?? "";
  useEffect(() => {
    const field = input.current;
    if (field && text && document.activeElement !== field) field.value = text;
  }, [text]);
  const end = () => {
    commands.search("");
    if (input.current) input.current.value = "";
  };
  return (
    <div class={key ? "search" : "search keyless"} role="search">
      <label class="search-field">
        <SearchIcon />
        <input
          ref={input}
          data-search
          type="search"
          placeholder={`${key} search`.trim()}
          aria-label="Search ids, paths, columns and classes"
          title={
            "Finds words in ids, paths, columns and labels. " +
            'You can also type label:cat, predicted:cat, is:unlabelled, column:value, "two words".'
          }
          maxLength={200}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => commands.search(event.currentTarget.value)}
          onKeyDown={(event) => {
            const pressed = fieldKey(event);
            if (pressed === "Enter" && found) take(exact?.length ? exact : found);
            if (pressed === "Escape") {
              end();
              event.currentTarget.blur();
            }
          }}
        />
      </label>
      {search && (
        <span class="search-count" role="status" data-testid="found">
          {found ? count(found.length) : "…"}
        </span>
      )}
      {exact && exact.length > 0 && (
        <button
          type="button"
          class="link"
          title={`${verb} the item with this id (Enter)`}
          onClick={() => take(exact)}
        >
          id {search?.text.trim()}
        </button>
      )}
      {found && found.length > 0 && (
        <button
          type="button"
          class="link"
          title={`${verb} the items that match${exact?.length ? "" : " (Enter)"}`}
          onClick={() => take(found)}
        >
          {show ? "show" : "select"}
        </button>
      )}
      {search && state.session.value?.searches_words && (
        <button
          type="button"
          class="link"
          title="Select the items that these words describe best"
          onClick={() => commands.likeWords(search.text)}
        >
          by meaning
        </button>
      )}
      {search && (
        <button
          type="button"
          class="link end"
          aria-label="End the search"
          title="End the search (Esc)"
          onClick={end}
        >
          ×
        </button>
      )}
    </div>
  );
}
