import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { applicationsQuery } from '../api/queries';

/** Finds an application by a part of its name; the server searches. */
export function ApplicationSelect({ value, change }: { value: string; change: (application: string) => void }) {
  const [text, setText] = useState(value);
  const [search] = useDebouncedValue(text === value ? '' : text.trim(), 150);
  const found = useQuery({ ...applicationsQuery(search, 20), placeholderData: keepPreviousData });
  const names = (found.data?.applications ?? []).map((a) => a.name ?? '');
  return (
    <Select
      label="Application"
      data={value && !names.includes(value) ? [value, ...names] : names}
      value={value || null}
      onChange={(v) => change(v ?? '')}
      searchable
      searchValue={text}
      onSearchChange={setText}
      filter={({ options }) => options}
      nothingFoundMessage={found.isFetching ? 'Searching' : `No application has "${search}" in its name`}
    />
  );
}
