import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Environment, EnvironmentGroup, Lock } from '../api/types';
import page from '../common/Page.module.css';
import { When } from '../common/When';
import { priorityName } from '../common/words';
import { PreviewButton } from '../trains/PreviewButton';
import { groupOf } from './layout';
import { SignalArm } from './SignalArm';
import { signalOf } from './signal';

interface Props {
  environments: Environment[];
  groups: EnvironmentGroup[];
  stop?: Lock;
  chosen?: string;
  choose: (environment: string) => void;
}

/** The chain as a table: groups in the order of the chain, an environment a row. */
export function EnvironmentsTable({ environments, groups, stop, chosen, choose }: Props) {
  const byGroup = new Map<string, Environment[]>();
  for (const e of environments) byGroup.set(groupOf(e), [...(byGroup.get(groupOf(e)) ?? []), e]);
  return (
    <div className={page.padded}>
      {[...byGroup].map(([group, list]) => {
        const settings = groups.find((g) => g.name === group);
        return (
          <section key={group} className="panel" aria-label={`Group ${group}`}>
            <header>
              <h2>{group}</h2>
              <span className="ink3">{priorityName(list[0] ?? {}).toLowerCase()}</span>
              {settings?.problem && <span style={{ color: 'var(--red)' }}>{settings.problem}</span>}
              <span className="grow" />
              <Link to="/environment-groups/$name/config" params={{ name: group }} className="small ink2">
                Group settings
              </Link>
              {list.length > 1 && <PreviewButton target={group} group label={`Train into ${group}`} />}
            </header>
            <table className="list" style={{ tableLayout: 'fixed' }}>
              <tbody>
                {list.map((e) => {
                  const signal = signalOf(e, stop);
                  return (
                    <tr key={e.name} style={e.name === chosen ? { background: 'var(--select)' } : undefined}>
                      <td style={{ width: '22%', paddingLeft: 2 }}>
                        <Button variant="subtle" color="gray" onClick={() => choose(e.name ?? '')}>
                          <b style={{ fontWeight: 600 }}>{e.name}</b>
                        </Button>
                      </td>
                      <td style={{ width: '12%' }}>
                        <span className="row" style={{ color: signal.tone === 'quiet' ? 'var(--ink2)' : `var(--${signal.tone})` }}>
                          <SignalArm raised={signal.clear} /> {signal.word}
                        </span>
                      </td>
                      <td>{e.problem ? <span style={{ color: 'var(--red)' }}>{e.problem}</span> : upstream(e)}</td>
                      <td>
                        {e.applications ?? 0} deployed{e.queued ? `, ${e.queued} queued` : ''}
                        {e.pendingApprovals ? `, ${e.pendingApprovals} to approve` : ''}
                      </td>
                      <td style={{ width: '26%' }}>
                        {e.nextDeparture ? (
                          <>
                            Train <When time={e.nextDeparture} />
                          </>
                        ) : (
                          <span className="ink3">no train by the clock</span>
                        )}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </section>
        );
      })}
    </div>
  );
}

/** Where an environment's releases come from. */
export function upstream(e: Environment): string {
  return e.latest ? 'takes every new release' : e.upstreamEnvironment ? `from ${e.upstreamEnvironment}` : 'no upstream';
}
