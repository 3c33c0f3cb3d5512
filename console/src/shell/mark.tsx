// The gate.

export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" className="mark-field" />
    <path d="M8 26V14a8 8 0 0 1 16 0v12h-4.5V14.5a3.5 3.5 0 0 0-7 0V26z" className="mark-arch" />
    <path d="M15 18h2v8h-2z" className="mark-light" />
  </svg>
);
