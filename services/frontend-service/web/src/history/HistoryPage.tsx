import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { HistorySearch } from '../app/router';
import { HistoryTable } from './HistoryTable';

/** The audit trail: every decision, newest first. */
export function HistoryPage() {
  const search = useSearch({ from: '/history' });
  const navigate = useNavigate({ from: '/history' });
  const change = useDebouncedCallback(
    (part: HistorySearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true }),
    200,
  );
  const field = (key: keyof HistorySearch, label: string) => (
    <TextInput
      aria-label={label}
      placeholder={label}
      defaultValue={search[key] ?? ''}
      onChange={(e) => change({ [key]: e.currentTarget.value.trim() || undefined })}
      w={180}
    />
  );
  return (
    <div className="page" style={{ display: 'grid', gap: 12 }}>
      <div className="row" role="search">
        <h1>History</h1>
        <span className="grow" />
        {field('application', 'Application')}
        {field('environment', 'Environment')}
        {field('author', 'Author')}
      </div>
      <section className="panel">
        <HistoryTable filter={search} />
      </section>
    </div>
  );
}
