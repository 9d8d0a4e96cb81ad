import { Alert, Button, Textarea } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { Refusal } from '../tray/AnswerBox';
import type { Environment } from '../api/types';
import page from '../common/Page.module.css';
import { Diff } from '../common/Diff';
import { Page } from '../common/Page';
import { Segments } from '../common/Segments';
import aside from '../common/Aside.module.css';
import { ConfigForm } from './ConfigForm';
import { JsonEditor } from './JsonEditor';
import { lineDiff } from './lineDiff';
import type { Json } from './path';
import { pretty } from './path';
import type { Kind } from './schema';
import { type Draft, useDraft } from './useDraft';

interface Props {
  kind: Kind;
  name: string;
  /** Nothing of it stands in the manifest repo yet. */
  isNew: boolean;
  saved: Json;
  problem?: string;
  environments: Environment[];
}

/** Settings as a form or as JSON, with what would change beside them. The server checks each draft and names the field that is wrong. */
export function ConfigEditor({ kind, name, isNew, saved, problem, environments }: Props) {
  const { json } = useSearch({ strict: false });
  const navigate = useNavigate();
  const draft = useDraft(kind, name, saved);
  const asJson = !!json || draft.doc === undefined;
  const bar = (
    <>
      <div>
        <nav className="small ink3" aria-label="Where you are">
          <Link to="/environments">Environments</Link> / {kind === 'group' ? 'group ' : ''}
          {name}
        </nav>
        <h1>{kind === 'group' ? `Settings of group ${name}` : `Config of ${name}`}</h1>
      </div>
      <Segments
        label="How to edit"
        value={asJson ? 'json' : 'form'}
        data={[
          { value: 'form', label: 'Form' },
          { value: 'json', label: 'JSON' },
        ]}
        onChange={(v) => void navigate({ to: '.', search: { json: v === 'json' || undefined }, replace: true })}
      />
      {json === undefined && asJson && <span className="small ink3">The form comes back when the JSON is whole.</span>}
    </>
  );
  return (
    <Page bar={bar} aside={<Saving draft={draft} name={name} isNew={isNew} kind={kind} />}>
      <div className={page.padded}>
        {problem && (
          <Alert color="red" p={8}>
            <b>What stands in the repo cannot be read:</b> {problem}
          </Alert>
        )}
        {draft.theirs && (
          <Alert color="orange" p={8} role="alert">
            <div className="row">
              <span className="grow">
                <b>Somebody changed it since you opened it.</b> Saving yours undoes theirs where they differ.
              </span>
              <Button variant="default" onClick={draft.takeTheirs}>
                Take theirs
              </Button>
              <Button variant="default" onClick={draft.keepMine}>
                Keep mine
              </Button>
            </div>
          </Alert>
        )}
        {asJson ? <JsonEditor kind={kind} draft={draft} /> : <ConfigForm kind={kind} name={name} draft={draft} environments={environments} />}
      </div>
    </Page>
  );
}

/** The right side: what would change, why, and the button. */
function Saving({ draft, name, isNew, kind }: { draft: Draft; name: string; isNew: boolean; kind: Kind }) {
  const [reason, setReason] = useState('');
  const anything = draft.changed || isNew;
  const missing = draft.wrong
    ? 'It cannot be saved as it is.'
    : !anything
      ? 'Nothing is changed yet.'
      : !reason.trim()
        ? 'Say why: it stands in the history.'
        : draft.checking
          ? 'Checking it…'
          : undefined;
  const operation = draft.save.data;
  return (
    <aside className={`${aside.aside} ${aside.wide}`} style={{ width: 400, position: 'static', boxShadow: 'none' }} aria-label="What would change">
      <header className={aside.head}>
        <h2>What would change</h2>
      </header>
      <div className={aside.body}>
        {draft.wrong && (
          <Alert color="red" p={8} role="alert">
            <b>{draft.wrong.path.length ? `${said(draft.wrong.path)}: ` : ''}</b>
            {draft.wrong.message}
            {draft.wrong.remedy && <div>{draft.wrong.remedy}</div>}
          </Alert>
        )}
        {draft.doc === undefined ? (
          <p className="ink3">The difference shows when the JSON is whole again.</p>
        ) : draft.changed ? (
          <Diff text={lineDiff(draft.base === '{}' ? '' : draft.base, pretty(draft.doc))} full={pretty(draft.doc)} label={`Changes of ${name}`} />
        ) : operation ? (
          <Alert color="blue" p={8} role="status" icon={<IconCheck size={14} />}>
            {operation.subject || 'Nothing had to change.'} <span className="mono ink3">{operation.commit?.slice(0, 10)}</span>
          </Alert>
        ) : (
          <p className="ink3">{isNew ? 'Nothing stands in the manifest repo yet.' : 'Nothing yet.'}</p>
        )}
        {draft.warnings.map((w) => (
          <Alert key={w} color="orange" p={8}>
            {w}
          </Alert>
        ))}
      </div>
      <footer className={aside.foot}>
        <Textarea
          label={
            <>
              Reason <span className="ink3" style={{ fontWeight: 400 }}>stands in the history</span>
            </>
          }
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
          maxLength={1000}
          autosize
          minRows={2}
        />
        {draft.save.isError && <Refusal error={draft.save.error} />}
        <div className="row">
          <Button style={{ flex: 1 }} disabled={!!missing} loading={draft.save.isPending} onClick={() => draft.save.mutate(reason.trim())}>
            {isNew && kind === 'environment' ? `Create ${name}` : `Save ${kind === 'group' ? 'settings' : 'config'} of ${name}`}
          </Button>
          <Button variant="default" disabled={!draft.changed} onClick={() => draft.setText(draft.base)}>
            Undo all
          </Button>
        </div>
        {missing && <span className="small ink3">{missing}</span>}
      </footer>
    </aside>
  );
}

/** A path as the docs write it: freezeWindows[0].schedule. */
function said(path: (string | number)[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${key}`)).join('');
}
