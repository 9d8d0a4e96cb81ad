import { IconLock, IconSnowflake, IconUserCheck } from '@tabler/icons-react';
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
            <Sign approval={c.approval} freeze={freeze} />
            <span>
              <b>{c.environment}:</b>{' '}
              {c.whole ? `the train leaves it out, ${c.because}${c.count ? ` holds back ${c.count}` : ''}.` : c.approval ? `${c.count} wait for approval, ${c.because}` : `${c.because} holds back ${c.count}`}
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

function Sign({ approval, freeze }: { approval: boolean; freeze: boolean }) {
  if (freeze) return <IconSnowflake size={14} color="var(--teal)" aria-hidden="true" />;
  const Icon = approval ? IconUserCheck : IconLock;
  return <Icon size={14} color="var(--violet)" aria-hidden="true" />;
}
