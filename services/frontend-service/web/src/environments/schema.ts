// What the schemas of the manifest repo know of config.json and of a group's settings: the very files the server checks with.
import environmentSchema from '../../../../../pkg/manifestrepo/schema/config.schema.json';
import groupSchema from '../../../../../pkg/manifestrepo/schema/environment-group.schema.json';
import type { Json, Path, Spot } from './path';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: string[];
  required?: string[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type Kind = 'environment' | 'group';

const ROOT: Record<Kind, Schema> = { environment: environmentSchema as Schema, group: groupSchema as Schema };

export interface Suggestion {
  /** The field or the value, as people read it. */
  label: string;
  /** What is put into the text. */
  insert: string;
  required: boolean;
}

/** The schema of the value at a path; undefined where the schema does not say. */
export function schemaAt(kind: Kind, path: Path): Schema | undefined {
  let at: Schema | undefined = ROOT[kind];
  for (const key of path) {
    if (!at) return undefined;
    const next: Schema | undefined = typeof key === 'number' ? at.items : (at.properties?.[key] ?? (typeof at.additionalProperties === 'object' ? at.additionalProperties : undefined));
    at = next?.$ref ? ROOT[kind].$defs?.[next.$ref.replace('#/$defs/', '')] : next;
  }
  return at;
}

/** What may stand where the caret is: fields that are not there yet, or the values of a field. */
export function suggestionsAt(kind: Kind, spot: Spot, present: Json | undefined): Suggestion[] {
  const schema = schemaAt(kind, spot.path);
  if (!schema) return [];
  const wanted = spot.prefix.toLowerCase();
  if (spot.expects === 'key') {
    const there = present !== null && typeof present === 'object' && !Array.isArray(present) ? Object.keys(present) : [];
    return Object.entries(schema.properties ?? {})
      .filter(([name]) => name.toLowerCase().includes(wanted) && (!there.includes(name) || name === spot.prefix))
      .map(([name, field]) => ({ label: name, insert: `"${name}": ${empty(kind, field)}`, required: schema.required?.includes(name) ?? false }));
  }
  const values = schema.enum?.map((v) => JSON.stringify(v)) ?? (schema.type === 'boolean' ? ['true', 'false'] : []);
  return values.filter((v) => v.replaceAll('"', '').startsWith(wanted)).map((v) => ({ label: v, insert: v, required: false }));
}

function empty(kind: Kind, field: Schema): string {
  const schema = field.$ref ? ROOT[kind].$defs?.[field.$ref.replace('#/$defs/', '')] : field;
  if (schema?.enum) return JSON.stringify(schema.enum[0]);
  switch (schema?.type) {
    case 'object':
      return '{}';
    case 'array':
      return '[]';
    case 'boolean':
      return 'true';
    default:
      return '""';
  }
}
