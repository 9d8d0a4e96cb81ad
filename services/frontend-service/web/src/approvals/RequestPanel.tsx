import { Button, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Refusal } from '../tray/AnswerBox';
import { carryOut } from '../api/commands';
import type { Approval } from '../api/line';
import type { DeployResult } from '../api/types';
import { Ago } from '../common/Ago';
import page from '../common/Page.module.css';
import { When } from '../common/When';
import { ChangeOf } from '../trains/ChangeOf';
import { versionName } from '../common/words';
import classes from './ApprovalsPage.module.css';
import { askedBy, mayApprove, wanted } from './words';

interface Props {
  approval: Approval;
  /** The application whose diff is shown; default the first. */
  application?: string;
  choose: (application: string) => void;
}

/** One request: what it would deploy, who may approve it, and the two answers. */
export function RequestPanel({ approval: a, application, choose }: Props) {
  const changes = a.changes ?? [];
  const shown = changes.find((c) => c.application === application) ?? changes[0];
  return (
    <div className={classes.detail}>
      <section className="panel" aria-label="The request">
        <header>
          <h2>
            {wanted(a)} to {a.environment}
          </h2>
          <span className="grow" />
          <span className="mono ink3">{a.id}</span>
        </header>
        <div style={{ padding: 12, display: 'grid', gap: 12 }}>
          {a.problem && (
            <p role="alert" style={{ color: 'var(--red)' }}>
              Its file cannot be read: {a.problem}. It can only be rejected.
            </p>
          )}
          <dl className={page.facts}>
            <dt>Asked by</dt>
            <dd>
              {a.createdBy?.name || a.createdBy?.email}, <Ago time={a.createdAt} suffix=" ago" />; {askedBy(a).toLowerCase()}
            </dd>
            <dt>Reason</dt>
            <dd>{a.reason || <span className="ink3">none given</span>}</dd>
            <dt>May approve</dt>
            <dd>{mayApprove(a)}</dd>
            <dt>Ends</dt>
            <dd>{a.expiresAt ? <When time={a.expiresAt} /> : 'Never by itself'}</dd>
          </dl>
          <Answer approval={a} />
        </div>
      </section>
      <section className="panel" aria-label="What it would deploy">
        <header>
          <h2>What it would deploy</h2> <span className="count">{changes.length}</span>
        </header>
        <table className="list">
          <tbody>
            {changes.map((c) => (
              <tr key={c.application} style={c === shown ? { background: 'var(--select)' } : undefined}>
                <td>
                  <Link to="/applications/$application" params={{ application: c.application ?? '' }}>
                    {c.application}
                  </Link>
                </td>
                <td className="mono">
                  {versionName(c.fromVersion, c.fromDisplayVersion) || 'nothing'} → <b>{versionName(c.version, c.displayVersion)}</b>
                </td>
                <td style={{ textAlign: 'right' }}>
                  <Button variant="default" aria-pressed={c === shown} onClick={() => choose(c.application ?? '')} aria-label={`Show the changes of ${c.application}`}>
                    Changes
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown && <ChangeOf application={shown.application ?? ''} environment={a.environment ?? ''} from={shown.fromVersion ?? '0'} to={shown.version ?? ''} />}
    </div>
  );
}

function Answer({ approval: { environment, id, problem, changes = [] } }: { approval: Approval }) {
  const [comment, setComment] = useState('');
  const said = comment.trim();
  const run = useMutation({
    mutationFn: (approve: boolean) => {
      const body = { environment, id, comment: said };
      return carryOut(approve ? { approve: body } : { reject: body });
    },
  });
  // What approving would do now: locks and freezes still hold, and who asks may not be allowed to.
  const dry = useQuery({
    queryKey: ['line', 'approve', environment, id],
    queryFn: () => carryOut({ approve: { environment, id } }, { dryRun: true }),
    enabled: !problem && !run.data,
    retry: false,
  });
  const refused = dry.isError ? dry.error : undefined;
  if (run.data) return <p role="status">{run.data.subject ?? 'Done.'}</p>;
  return (
    <>
      <Textarea
        label={<>Comment <span className="ink3" style={{ fontWeight: 400 }}>stands in the history; a rejection needs one</span></>}
        value={comment}
        onChange={(e) => setComment(e.currentTarget.value)}
        maxLength={1000}
        autosize
        minRows={2}
      />
      {run.isError && <Refusal error={run.error} />}
      <div className="row" style={{ flexWrap: 'wrap' }}>
        <Button leftSection={<IconCheck size={14} />} disabled={!!refused || !!problem} loading={run.isPending && run.variables} onClick={() => run.mutate(true)}>
          Approve {changes.length === 1 ? '1 deployment' : `${changes.length} deployments`}
        </Button>
        <Button variant="default" leftSection={<IconX size={14} />} disabled={!said} loading={run.isPending && !run.variables} onClick={() => run.mutate(false)}>
          Reject
        </Button>
        <span className="small ink2 grow">{refused ? `You cannot approve it: ${refused.message}` : <Fate results={dry.data?.result?.approve?.deployments ?? []} />}</span>
      </div>
    </>
  );
}

function Fate({ results }: { results: DeployResult[] }) {
  const held = results.filter((r) => r.outcome === 'DEPLOY_OUTCOME_QUEUED');
  const left = results.filter((r) => r.outcome === 'DEPLOY_OUTCOME_SKIPPED');
  const go = results.filter((r) => r.outcome === 'DEPLOY_OUTCOME_DEPLOYED');
  if (results.length === 0) return null;
  const causes = [...new Set([...held, ...left].map((r) => r.because).filter(Boolean))].slice(0, 3).join('; ');
  return (
    <>
      Approved now: {go.length} deployed{held.length ? `, ${held.length} queued` : ''}
      {left.length ? `, ${left.length} left alone` : ''}
      {causes && ` (${causes})`}.
    </>
  );
}
