import { Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Application } from '../api/types';
import { Segments } from '../common/Segments';
import { DeploymentsTable } from '../history/DeploymentsTable';
import { Export } from '../history/HistoryPage';
import { HistoryTable } from '../history/HistoryTable';

/** The application's past: its deployments, or every commit about it. */
export function History({ application }: { application: Application }) {
  const name = application.name ?? '';
  const [environment, setEnvironment] = useState<string>();
  const [all, setAll] = useState(false);
  const filter = { application: name, environment };
  return (
    <section className="panel" aria-label="History" style={{ overflow: 'hidden' }}>
      <header style={{ flexWrap: 'wrap' }}>
        <h2>{all ? 'Everything that happened' : 'Deployment history'}</h2>
        <span className="grow" />
        <Segments
          label="What is listed"
          value={all ? 'all' : 'deployments'}
          data={[
            { value: 'deployments', label: 'Deployments' },
            { value: 'all', label: 'Everything' },
          ]}
          onChange={(v) => setAll(v === 'all')}
        />
        <Select
          aria-label="Environment"
          placeholder="All environments"
          w={150}
          clearable
          data={(application.deployments ?? []).map((d) => d.environment ?? '')}
          value={environment ?? null}
          onChange={(v) => setEnvironment(v ?? undefined)}
        />
        {all ? (
          <Link to="/history" search={filter}>
            With filters
          </Link>
        ) : (
          <Export filter={filter} />
        )}
      </header>
      {all ? <HistoryTable filter={filter} /> : <DeploymentsTable filter={filter} ofOne pageSize={20} />}
    </section>
  );
}
