import { Checkbox, Select, TagsInput, TextInput } from '@mantine/core';
import type { Json, Path } from './path';
import type { Draft } from './useDraft';

/** What explains a field stands below it, so that fields of a row stand on one line. */
const BELOW = { inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[] };

interface Props {
  draft: Draft;
  path: Path;
  label: string;
  description?: string;
  placeholder?: string;
}

/** What the server says of exactly this field. */
function errorAt(draft: Draft, path: Path): string | undefined {
  const { wrong } = draft;
  if (!wrong || wrong.path.length === 0) return undefined;
  const same = JSON.stringify(wrong.path.slice(0, path.length)) === JSON.stringify(path);
  return same ? [wrong.message, wrong.remedy].filter(Boolean).join('; ') : undefined;
}

const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');

export function TextField({ draft, path, ...rest }: Props) {
  return <TextInput {...BELOW} {...rest} value={text(draft.get(path))} error={errorAt(draft, path)} onChange={(e) => draft.set(path, e.currentTarget.value || undefined)} />;
}

/** A list of texts, typed one after the other. */
export function ListField({ draft, path, ...rest }: Props) {
  const value = draft.get(path);
  const list = Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
  return <TagsInput size="xs" {...BELOW} {...rest} value={list} error={errorAt(draft, path)} onChange={(v) => draft.set(path, v.length ? v : undefined)} />;
}

export function CheckField({ draft, path, label, description }: Props) {
  return (
    <Checkbox
      size="xs"
      label={label}
      description={description}
      checked={draft.get(path) === true}
      error={errorAt(draft, path)}
      onChange={(e) => draft.set(path, e.currentTarget.checked || undefined)}
    />
  );
}

export function ChoiceField({ draft, path, data, ...rest }: Props & { data: { value: string; label: string }[] }) {
  return <Select {...BELOW} {...rest} data={data} value={text(draft.get(path)) || null} error={errorAt(draft, path)} onChange={(v) => draft.set(path, v ?? undefined)} />;
}

/** The zones this browser knows; the server has the last word. */
const ZONES = ['UTC', ...(typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [])];

export function ZoneField({ draft, path }: Pick<Props, 'draft' | 'path'>) {
  const value = text(draft.get(path));
  const data = value && !ZONES.includes(value) ? [value, ...ZONES] : ZONES;
  return (
    <Select
      label="Time zone"
      placeholder="UTC"
      data={data}
      value={value || null}
      error={errorAt(draft, path)}
      onChange={(v) => draft.set(path, v ?? undefined)}
      searchable
      clearable
      limit={50}
    />
  );
}
