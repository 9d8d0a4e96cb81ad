import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { IconTrain, IconTrash } from '@tabler/icons-react';
import { comparisonQuery, type ReleaseSet, releaseSetQuery, releaseSetsQuery } from '../api/line';
import { environmentsQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { Aside } from '../common/Aside';
import page from '../common/Page.module.css';
import { versionName } from '../common/words';
import { targetsOf } from '../trains/target';
import { usePlan } from '../tray';

interface Props {
  set: ReleaseSet;
  /** What it is compared with: a set, or "environment:<name>". */
  other?: string;
  compare: (other?: string) => void;
  close: () => void;
}

/** A release set: its versions, or how they differ from another set or environment; promote it, or forget it. */
export function SetPanel({ set, other, compare, close }: Props) {
  const name = set.name ?? '';
  const { now } = usePlan();
  const navigate = useNavigate();
  const sets = useQuery(releaseSetsQuery);
  const environments = useQuery(environmentsQuery);
  const list = environments.data?.environments ?? [];
  const targets = targetsOf(list).map((t) => ({ value: `${t.group}:${t.name}`, label: t.group ? `${t.name}, group of ${t.environments}` : t.name }));
  const foot = (
    <div className="row">
      <Select
        aria-label="Promote into"
        placeholder="Promote into…"
        leftSection={<IconTrain size={14} />}
        data={targets}
        value={null}
        style={{ flex: 1 }}
        onChange={(v) => {
          const [group, target] = v?.split(':') ?? [];
          // A set goes as a unit unless somebody says otherwise in the preview.
          if (target) void navigate({ to: '/trains/$target', params: { target }, search: { group: group === 'true', set: name, whole: true } });
        }}
      />
      <Button
        variant="outline"
        color="red"
        leftSection={<IconTrash size={14} />}
        onClick={() => now({ action: { deleteReleaseSet: { name } }, title: `Delete release set ${name}` })}
      >
        Delete…
      </Button>
    </div>
  );
  return (
    <Aside title={<h2>{name}</h2>} label={`Release set ${name}`} close={close} wide foot={foot}>
      <dl className={page.facts}>
        <dt>Ran in</dt>
        <dd>
          {set.environment}, <Ago time={set.createdAt} suffix=" ago" />
        </dd>
        <dt>By</dt>
        <dd>{set.createdBy?.name || set.createdBy?.email}</dd>
        <dt>What for</dt>
        <dd>{set.message || <span className="ink3">not said</span>}</dd>
      </dl>
      <Select
        label="Compare with"
        placeholder="a release set, or what an environment runs now"
        data={[
          { group: 'Runs now in', items: list.map((e) => ({ value: `environment:${e.name}`, label: e.name ?? '' })) },
          { group: 'Release sets', items: (sets.data?.releaseSets ?? []).filter((s) => s.name !== name).map((s) => s.name ?? '') },
        ]}
        value={other ?? null}
        onChange={(v) => compare(v ?? undefined)}
        clearable
        searchable
      />
      {other ? <Comparison name={name} other={other} /> : <Versions name={name} />}
    </Aside>
  );
}

function Versions({ name }: { name: string }) {
  const query = useQuery(releaseSetQuery(name));
  if (query.isError) return <Failed what="The release set" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const versions = Object.entries(query.data.versions ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return (
    <section aria-label="Versions">
      <h3>
        Versions <span className="count">{versions.length}</span>
      </h3>
      <table className="list">
        <tbody>
          {versions.map(([application, version]) => (
            <tr key={application}>
              <td style={{ height: 30 }}>
                <Link to="/applications/$application" params={{ application }}>
                  {application}
                </Link>
              </td>
              <td className="mono" style={{ height: 30, textAlign: 'right' }}>
                {version}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Comparison({ name, other }: { name: string; other: string }) {
  const query = useQuery(comparisonQuery(name, other));
  const label = other.replace(/^environment:/, '');
  if (query.isError) return <Failed what="The comparison" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const differences = query.data.differences ?? [];
  return (
    <section aria-label={`Compared with ${label}`}>
      <h3>
        {differences.length === 0 ? 'No difference' : differences.length === 1 ? '1 differs' : `${differences.length} differ`}{' '}
        <span className="ink3" style={{ fontWeight: 400 }}>
          {query.data.same ?? 0} the same
        </span>
      </h3>
      {differences.length > 0 && (
        <table className="list">
          <thead>
            <tr>
              <th>Application</th>
              <th>{name}</th>
              <th>{label}</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((d) => (
              <tr key={d.application}>
                <td style={{ height: 30 }}>
                  <Link to="/applications/$application" params={{ application: d.application ?? '' }}>
                    {d.application}
                  </Link>
                </td>
                <td className="mono">{versionName(d.fromVersion, d.fromDisplayVersion) || <span className="ink3">not in it</span>}</td>
                <td className="mono">{versionName(d.toVersion, d.toDisplayVersion) || <span className="ink3">not there</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
