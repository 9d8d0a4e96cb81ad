import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props<T extends string> {
  label: string;
  value: T;
  data: { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
}

/** A choice of views, one of which is on. */
export function Segments<T extends string>({ label, value, data, onChange }: Props<T>) {
  return <SegmentedControl size="xs" aria-label={label} value={value} data={data as { value: string; label: ReactNode }[]} onChange={(v) => onChange(v as T)} />;
}
