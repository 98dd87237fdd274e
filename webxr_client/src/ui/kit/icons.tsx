/** Icons as inline SVG, 18 px, drawn with the text's colour. */
import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const LockIcon = () => (
  <Icon>
    <rect x="4" y="8" width="10" height="7" rx="1.5" />
    <path d="M6 8V6a3 3 0 0 1 6 0v2" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M7.6 10.4a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3L8.8 4.9" />
    <path d="M10.4 7.6a3 3 0 0 0-4.3 0L3.7 10A3 3 0 0 0 8 14.3l1.2-1.2" />
  </Icon>
);
export const WholeScreenIcon = () => (
  <Icon>
    <path d="M10.5 3.5h4v4M14.2 3.8l-4 4M7.5 14.5h-4v-4M3.8 14.2l4-4" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M4.5 9h.01M9 9h.01M13.5 9h.01" stroke-width="2.4" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="4.6" />
    <path d="m11.5 11.5 3.6 3.6" />
  </Icon>
);
export const SoundIcon = () => (
  <Icon>
    <path d="M3 7v4h2.6L9 13.8V4.2L5.6 7H3Z" />
    <path d="M11.6 6.4a3.6 3.6 0 0 1 0 5.2M13.6 4.6a6.2 6.2 0 0 1 0 8.8" />
  </Icon>
);
export const SilentIcon = () => (
  <Icon>
    <path d="M3 7v4h2.6L9 13.8V4.2L5.6 7H3Z" />
    <path d="m11.8 7.2 3.6 3.6m0-3.6-3.6 3.6" />
  </Icon>
);
export const LassoIcon = () => (
  <Icon>
    <path
      d="M9 2.8c3.7 0 6.4 1.8 6.4 4.2S12.7 11.2 9 11.2 2.6 9.4 2.6 7 5.3 2.8 9 2.8Z"
      stroke-dasharray="2.6 2"
    />
    <circle cx="5.6" cy="12.3" r="1.5" />
    <path d="M5.8 13.8c.2 1-.2 1.7-1.2 2" />
  </Icon>
);
export const RectangleIcon = () => (
  <Icon>
    <rect x="2.8" y="4" width="12.4" height="10" rx="1.5" stroke-dasharray="2.6 2" />
  </Icon>
);
export const PickIcon = () => (
  <Icon>
    <path d="M5 2.8 13.8 9l-4 .9-2 3.9L5 2.8Z" />
  </Icon>
);
export const HandIcon = () => (
  <Icon>
    <path
      d="M5.2 9.5V5.2a1 1 0 0 1 2 0v3-4.4a1 1 0 0 1 2 0v4.2-3.7a1 1 0 0 1 2 0v4.2-2.3a1 1 0 0
      1 2 0v4.3c0 2.7-1.7 4.7-4.3 4.7-2 0-3-.9-4-2.6L3.2 10c-.4-.8.6-1.6 1.3-.9l.7.9"
    />
  </Icon>
);
export const AddIcon = () => (
  <Icon>
    <circle cx="7.2" cy="7.2" r="4.6" stroke-dasharray="2.2 1.8" />
    <path d="M13 10.2v5.6M10.2 13h5.6" stroke-width="1.8" />
  </Icon>
);
export const SubtractIcon = () => (
  <Icon>
    <circle cx="7.2" cy="7.2" r="4.6" stroke-dasharray="2.2 1.8" />
    <path d="M10.2 13h5.6" stroke-width="1.8" />
  </Icon>
);
export const EyeIcon = () => (
  <Icon>
    <path d="M1.8 9S4.3 4.3 9 4.3 16.2 9 16.2 9 13.7 13.7 9 13.7 1.8 9 1.8 9Z" />
    <circle cx="9" cy="9" r="2.2" />
  </Icon>
);
export const ThroughIcon = () => (
  <Icon>
    <path d="M9 1.8v14.4" stroke-dasharray="2 2" />
    <path d="M3 6.5 9 3.5l6 3-6 3-6-3ZM3 11.5l6 3 6-3" />
  </Icon>
);
export const FitIcon = () => (
  <Icon>
    <path d="M2.8 6.5V2.8h3.7M15.2 6.5V2.8h-3.7M2.8 11.5v3.7h3.7M15.2 11.5v3.7h-3.7" />
  </Icon>
);
export const LayersIcon = () => (
  <Icon>
    <path d="M9 3.5 16 7 9 10.500 2 7Z M3 10.500 9 13.500 15 10.500" />
  </Icon>
);
export const UndoIcon = () => (
  <Icon>
    <path d="M6.5 4 3 7.3l3.5 3.2M3.3 7.3h6.9c2.5 0 4.3 1.5 4.3 3.7s-1.8 3.5-4 3.5H7.5" />
  </Icon>
);
export const RedoIcon = () => (
  <Icon>
    <path d="m11.5 4 3.5 3.3-3.5 3.2M14.7 7.3H7.8c-2.5 0-4.3 1.5-4.3 3.7s1.8 3.5 4 3.5h3" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M6.5 4.5v9M11.5 4.5v9" stroke-width="2" />
  </Icon>
);
export const PlayIcon = () => (
  <Icon>
    <path d="M6 4.2v9.6L14 9 6 4.2Z" fill="currentColor" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="9" cy="9" r="3" />
    <path
      d="M9 1.8v1.7M9 14.5v1.7M1.8 9h1.7M14.5 9h1.7M3.9 3.9l1.2 1.2M12.9 12.9l1.2 1.2M3.9
      14.1l1.2-1.2M12.9 5.1l1.2-1.2"
    />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M14.8 10.9A6.3 6.3 0 0 1 7.1 3.2a6.3 6.3 0 1 0 7.7 7.7Z" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon>
    <path d="M9 2.8v8.4M5.5 8 9 11.4 12.5 8M3 14.8h12" />
  </Icon>
);
export const HeadsetIcon = () => (
  <Icon>
    <path
      d="M2 6.2c0-.9.7-1.6 1.6-1.6h10.8c.9 0 1.6.7 1.6 1.6v5c0 .9-.7 1.6-1.6 1.6h-2.2c-.5
      0-1-.3-1.3-.7l-.8-1.2a1.3 1.3 0 0 0-2.2 0l-.8 1.2c-.3.4-.8.7-1.3.7H3.6c-.9
      0-1.6-.7-1.6-1.6v-5Z"
    />
  </Icon>
);
export const DevicesIcon = () => (
  <Icon>
    <rect x="1.8" y="3.5" width="10.4" height="7.6" rx="1.2" />
    <path d="M5 14h4M7 11.2V14" />
    <rect x="12.4" y="7" width="4" height="7.6" rx="1" />
  </Icon>
);

export const MagnetIcon = () => (
  <Icon>
    <path
      d="M3.4 3v5.4a5.6 5.6 0 0 0 11.2 0V3h-3.4v5.4a2.2 2.2 0 0 1-4.4 0V3ZM3.4 6h3.4M11.2
      6h3.4"
    />
  </Icon>
);
export const StepBackIcon = () => (
  <Icon>
    <path d="M5 4.5v9M12.5 4.5 7.5 9l5 4.5Z" />
  </Icon>
);
export const StepIcon = () => (
  <Icon>
    <path d="M13 4.5v9M5.5 4.5l5 4.5-5 4.5Z" />
  </Icon>
);
export const DialsIcon = () => (
  <Icon>
    <path d="M3 5h6M13 5h2M3 13h2M9 13h6" />
    <circle cx="11" cy="5" r="1.9" />
    <circle cx="7" cy="13" r="1.9" />
  </Icon>
);
