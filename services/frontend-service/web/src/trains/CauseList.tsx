import { IconLock, IconSnowflake } from '@tabler/icons-react';
import { When } from '../common/When';
import type { Cause } from './outcome';
import classes from './TrainPage.module.css';

/** Causes that act on many applications, each told once. */
export function CauseList({ causes }: { causes: Cause[] }) {
  if (causes.length === 0) return null;
  return (
    <div className={classes.causes}>
      {causes.map((c) => {
        const freeze = !!c.until || /freeze|frozen/i.test(c.because);
        return (
          <div key={`${c.environment}/${c.because}`} className={freeze ? classes.frozen : classes.cause}>
            {freeze ? <IconSnowflake size={14} color="var(--teal)" aria-hidden="true" /> : <IconLock size={14} color="var(--violet)" aria-hidden="true" />}
            <span>
              <b>{c.environment}:</b>{' '}
              {c.whole ? `the train leaves it out, ${c.because}${c.count ? ` holds back ${c.count}` : ''}.` : `${c.because} holds back ${c.count}`}
              {c.until && (
                <>
                  {' '}
                  until <When time={c.until} />. Then caught up
                </>
              )}
              {!c.whole && '.'}
            </span>
          </div>
        );
      })}
    </div>
  );
}
