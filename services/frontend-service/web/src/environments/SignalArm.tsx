/** A signal arm on its post: raised means clear, level means held. */
export function SignalArm({ raised }: { raised: boolean }) {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M4.5 14.5V2.5M2 14.5h5" />
      {raised ? <path d="M4.5 6.5l7.5-4 1 3.2-8.5 3" /> : <path d="M4.5 3h9v4h-9z" fill="currentColor" />}
    </svg>
  );
}
