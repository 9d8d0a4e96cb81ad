import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Application } from '../api/types';
import { Failed, Loading } from '../app/States';
import { HiddenSecrets } from '../common/Diff';
import { Yaml } from '../common/Yaml';
import classes from './ApplicationPage.module.css';
import { ManifestsOf } from './Compare';
import { manifestQuery } from './queries';
import { SidePicker } from './SidePicker';
import { versionOf } from './sides';

interface Props {
  application: Application;
  environment: string;
  to: string;
  change: (part: { env?: string; to?: string; view?: 'manifests' }) => void;
}

/** The manifest of a release for an environment, as it was uploaded, without the data of Secrets. */
export function Manifests({ application, environment, to, change }: Props) {
  const version = versionOf(to, application.deployments ?? []);
  const manifest = useQuery(manifestQuery(application.name ?? '', version, environment));
  return (
    <section className={`panel ${classes.right}`} aria-label="Manifests">
      <header>
        <h2>Manifests</h2>
        <SidePicker letter="B" application={application} side={to} choose={(side) => change({ to: side })} />
        <span className="grow" />
        <Button variant="default" onClick={() => change({ view: undefined })}>
          Back to the changes
        </Button>
      </header>
      <div className={classes.sub}>
        <ManifestsOf application={application} environment={environment} choose={(env) => change({ env })} />
        <span className="grow" />
        {manifest.data !== undefined && (
          <CopyButton value={manifest.data}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}>
                {copied ? 'Copied' : 'Copy manifest'}
              </Button>
            )}
          </CopyButton>
        )}
      </div>
      {manifest.isError ? (
        <Failed what="The manifest" error={manifest.error} retry={() => void manifest.refetch()} />
      ) : manifest.data === undefined ? (
        <Loading rows={12} />
      ) : (
        <>
          {manifest.data.includes('(not shown') && <HiddenSecrets />}
          <Text text={manifest.data} label={`Manifest of ${application.name} for ${environment}`} />
        </>
      )}
    </section>
  );
}

/** The lines of a manifest; only those in view are drawn. */
function Text({ text, label }: { text: string; label: string }) {
  const scroll = useRef<HTMLPreElement>(null);
  const lines = text.replace(/\n$/, '').split('\n');
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => scroll.current, estimateSize: () => 18, overscan: 40 });
  return (
    <pre ref={scroll} className={classes.manifest} tabIndex={0} role="region" aria-label={label}>
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((item) => (
          <div key={item.key} style={{ position: 'absolute', top: 0, left: 0, height: 18, transform: `translateY(${item.start}px)` }}>
            <Yaml text={lines[item.index] ?? ''} />
          </div>
        ))}
      </div>
    </pre>
  );
}
