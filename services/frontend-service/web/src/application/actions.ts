// The actions of an application's page, with the words people know them by.
import { deployment } from '../actions/make';
import type { Application, Deployment, Release } from '../api/types';
import { releaseName, runs, versionName } from '../common/words';
import type { PlannedAction } from '../tray';

const runningName = (d?: Deployment) => versionName(d?.version, d?.displayVersion);

/** Deploys a release; an older one than what runs is a roll back, and called so. */
export function deployAction(application: string, environment: string, release: Release, current?: Deployment): PlannedAction {
  const planned = deployment(application, environment, release);
  const back = runs(current) && BigInt(release.version ?? '0') < BigInt(current?.version ?? '0');
  return back ? { ...planned, title: `Roll back ${application} in ${environment} from ${runningName(current)} to ${releaseName(release)}` } : planned;
}

export function renderAction(environment: string): PlannedAction {
  return { action: { renderEnvironment: { environment } }, title: `Write the manifests of ${environment} as released` };
}

export function removeAction(application: string, environment: string): PlannedAction {
  return { action: { removeFromEnvironment: { application, environment } }, title: `Remove ${application} from ${environment}` };
}

export function prepareUndeployAction(application: string): PlannedAction {
  return { action: { prepareUndeploy: { application } }, title: `Prepare the undeploy of ${application}` };
}

export function undeployAction(application: string, atOnce: boolean): PlannedAction {
  return { action: { undeploy: { application, atOnce } }, title: `Undeploy ${application}${atOnce ? ' at once' : ''}` };
}

/** What the form of the settings holds. Labels are lines of "name=value". */
export interface SettingsForm {
  team: string;
  sourceRepoUrl: string;
  project: string;
  labels: string;
}

export function settingsOf(a: Application): SettingsForm {
  const labels = Object.entries(a.labels ?? {}).sort(([x], [y]) => x.localeCompare(y));
  return { team: a.team ?? '', sourceRepoUrl: a.sourceRepoUrl ?? '', project: a.project ?? '', labels: labels.map(([k, v]) => `${k}=${v}`).join('\n') };
}

/** Reads the lines of the labels; a line that is none is named. */
export function parseLabels(text: string): { labels: Record<string, string>; wrong?: string } {
  const labels: Record<string, string> = {};
  for (const line of text.split('\n').map((l) => l.trim()).filter(Boolean)) {
    const at = line.indexOf('=');
    if (at < 1 || at === line.length - 1) return { labels, wrong: line };
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { labels };
}

/** The change that makes the settings what the form says; undefined when nothing would change or a label cannot be read. */
export function settingsAction(a: Application, form: SettingsForm): PlannedAction | undefined {
  const before = settingsOf(a);
  const { labels, wrong } = parseLabels(form.labels);
  if (wrong) return undefined;
  const old = a.labels ?? {};
  const changed = Object.entries(labels).filter(([k, v]) => old[k] !== v);
  const gone = Object.keys(old).filter((k) => !(k in labels)).map((k) => [k, ''] as const);
  const fields = (['team', 'sourceRepoUrl', 'project'] as const).filter((k) => form[k].trim() !== before[k]).map((k) => [k, form[k].trim()] as const);
  if (changed.length + gone.length + fields.length === 0) return undefined;
  const all = Object.fromEntries([...changed, ...gone]);
  return {
    action: { applyApplication: { application: a.name, ...Object.fromEntries(fields), ...(Object.keys(all).length ? { labels: all } : {}) } },
    title: `Change the settings of ${a.name}`,
  };
}
