// The states every page has: loading, empty, failed, not there.
import { Button, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Problem } from '../api/client';

/** Skeleton rows that keep the place of what is coming. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div className="page" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={14} mb={14} width={`${40 + ((i * 17) % 45)}%`} />
      ))}
    </div>
  );
}

/** Says what would fill an empty page, and how. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="page" style={{ maxWidth: 560, margin: '32px auto', textAlign: 'center' }}>
      <h2 style={{ fontSize: 15 }}>{title}</h2>
      <div className="ink2" style={{ marginTop: 8 }}>
        {children}
      </div>
    </div>
  );
}

/** Says what failed and what to do about it. */
export function Failed({ what, error, retry }: { what: string; error: Error; retry?: () => void }) {
  const remedy = error instanceof Problem ? error.remedy : '';
  return (
    <div className="page" role="alert">
      <h2>{what} could not be read</h2>
      <p className="ink2">{error.message}</p>
      {remedy && <p className="ink2">{remedy}</p>}
      {retry && (
        <Button variant="default" mt={8} onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A page that does not exist. */
export function NotFound() {
  return (
    <Empty title="There is no such page">
      <Link to="/">Back to the overview</Link>
    </Empty>
  );
}
