import type { PreviewChange, RunTrain } from '../api/types';
import { usePreviewOf } from '../tray/preview';
import { releaseName, versionName } from '../common/words';

const OUTCOME: Record<string, string> = {
  DEPLOY_OUTCOME_DEPLOYED: 'moves',
  DEPLOY_OUTCOME_QUEUED: 'queued',
  DEPLOY_OUTCOME_PENDING_APPROVAL: 'to approve',
};

/** What a train would move: application, versions, and the size of the change. */
export function TrainTable({ train }: { train: RunTrain }) {
  const changes = usePreviewOf({ runTrain: train }).data?.changes ?? [];
  if (changes.length === 0) return null;
  return (
    <div style={{ maxHeight: 220, overflow: 'auto', border: '1px solid var(--line)', borderRadius: 6 }} tabIndex={0} role="region" aria-label="What the train moves">
      <table className="list">
        <thead>
          <tr>
            <th>Application</th>
            <th>Environment</th>
            <th>Version</th>
            <th>Releases</th>
            <th>Lines</th>
            <th>Outcome</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((c) => (
            <tr key={`${c.environment}/${c.application}`}>
              <td>{c.application}</td>
              <td className="ink2">{c.environment}</td>
              <td className="mono">
                <b>{nameOfTarget(c)}</b>
              </td>
              <td>{c.releasesTotal ?? 0}</td>
              <td className="mono">
                +{c.added ?? 0} -{c.removed ?? 0}
              </td>
              <td>{OUTCOME[c.outcome ?? ''] ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOfTarget(c: PreviewChange): string {
  const release = c.releases?.find((r) => r.version === c.toVersion);
  return release ? releaseName(release) : versionName(c.toVersion);
}
