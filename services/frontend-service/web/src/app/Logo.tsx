/** A signal arm on its post. */
export function Logo() {
  return (
    <svg width="18" height="18" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M4.5 14.5V2.2l8.5-.9v4.4l-8.5.9M2 14.5h5" />
    </svg>
  );
}
