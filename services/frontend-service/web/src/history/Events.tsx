import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { HistoryDetail } from '../api/types';
import classes from './History.module.css';
import { whatWords } from './words';

/** From so many events on only those in view are drawn. */
const MANY = 100;

/** What a commit did, in order, with links to what it is about. */
export function Events({ details }: { details: HistoryDetail[] }) {
  return (
    <>
      {details.length > MANY ? (
        <FarEvents details={details} />
      ) : (
        <div className={classes.events} role="table" aria-label="What the commit did">
          <Head />
          {details.map((d, i) => (
            <Event key={i} detail={d} index={i} />
          ))}
        </div>
      )}
    </>
  );
}

function FarEvents({ details }: { details: HistoryDetail[] }) {
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const rows = useVirtualizer({ count: details.length, getScrollElement: () => scroll.current, estimateSize: () => 30, overscan: 12 });
  return (
    <div ref={scroll} className={classes.events} role="table" aria-label="What the commit did" aria-rowcount={details.length + 1} tabIndex={0}>
      <Head />
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative', minWidth: 640 }}>
        {rows.getVirtualItems().map((item) => {
          const detail = details[item.index];
          return (
            detail && (
              <div key={item.key} className={classes.far} style={{ transform: `translateY(${item.start}px)` }}>
                <Event detail={detail} index={item.index} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function Head() {
  return (
    <div className={classes.eventHead} role="row" aria-rowindex={1}>
      {['What', 'Application', 'Environment', 'Version', 'Lock, request, train'].map((h) => (
        <span key={h} role="columnheader">
          {h}
        </span>
      ))}
    </div>
  );
}

function Event({ detail: d, index }: { detail: HistoryDetail; index: number }) {
  const before = d.previousVersion && d.previousVersion !== '0' ? d.previousVersion : '';
  const version = d.version && d.version !== '0' ? d.version : '';
  return (
    <div className={classes.event} role="row" aria-rowindex={index + 2}>
      <span role="cell">{d.what === 'broke-glass' ? <span className="chip red">{whatWords(d.what)}</span> : whatWords(d.what)}</span>
      <span role="cell">
        {d.application && (
          <Link to="/applications/$application" params={{ application: d.application }} search={{ env: d.environment || undefined }}>
            {d.application}
          </Link>
        )}
      </span>
      <span role="cell">
        {d.environment && (
          <Link to="/history" search={{ environment: d.environment }} title={`History of ${d.environment}`}>
            {d.environment}
          </Link>
        )}
      </span>
      <span role="cell" className="mono">
        {before && version ? (
          <>
            <span className="ink3">{before} →</span> {version}
          </>
        ) : (
          version || (before && <span className="ink3">{before} → removed</span>)
        )}
      </span>
      <span role="cell" className="mono ink2" title={[d.lockId, d.id].filter(Boolean).join(' ')}>
        {[d.lockId, d.id].filter(Boolean).join(' ')}
      </span>
    </div>
  );
}
