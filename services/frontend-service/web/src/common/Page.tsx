import type { ReactNode } from 'react';
import classes from './Page.module.css';

/** A page with a tool bar above, and the right side of what is chosen beside it. */
export function Page({ bar, aside, children }: { bar: ReactNode; aside?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.split}>
      <div className={classes.main}>
        <div className={classes.bar}>{bar}</div>
        {children}
      </div>
      {aside}
    </div>
  );
}

/** A filter that is on or off, with how many it leaves. */
export function Toggle({ on, count, onChange, children }: { on: boolean; count?: number; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <button type="button" className={classes.toggle} aria-pressed={on} onClick={() => onChange(!on)}>
      {children} {count !== undefined && <span className="count">{count}</span>}
    </button>
  );
}

/** A cause, a consequence: an icon, what it is, and a sentence. */
export function Fact({ icon, title, children }: { icon: ReactNode; title: ReactNode; children?: ReactNode }) {
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <span style={{ display: 'inline-flex', height: 20, alignItems: 'center' }} aria-hidden="true">
        {icon}
      </span>
      <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        <b style={{ fontWeight: 600 }}>{title}</b>
        {children && <div className="ink2" style={{ fontSize: 12, lineHeight: '17px' }}>{children}</div>}
      </div>
    </div>
  );
}
