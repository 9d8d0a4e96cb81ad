import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { environmentsQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { ConfigEditor } from './ConfigEditor';
import type { Json } from './path';

/** The config.json of an environment, to be changed or written for the first time. */
export function EnvironmentConfigPage() {
  const { name } = useParams({ from: '/environments/$name/config' });
  const query = useQuery(environmentsQuery);
  if (query.isError) return <Failed what="The config" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const environments = query.data.environments ?? [];
  const found = environments.find((e) => e.name === name);
  return <ConfigEditor key={name} kind="environment" name={name} isNew={!found} saved={(found?.config ?? {}) as Json} problem={found?.problem} environments={environments} />;
}

/** The settings of an environment group. */
export function GroupConfigPage() {
  const { name } = useParams({ from: '/environment-groups/$name/config' });
  const query = useQuery(environmentsQuery);
  if (query.isError) return <Failed what="The settings" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const found = (query.data.groups ?? []).find((g) => g.name === name);
  return (
    <ConfigEditor
      key={name}
      kind="group"
      name={name}
      isNew={!found?.config && !found?.problem}
      saved={(found?.config ?? {}) as Json}
      problem={found?.problem}
      environments={query.data.environments ?? []}
    />
  );
}
