import { describe, expect, it } from 'vitest';
import { deployAction, parseLabels, settingsAction, settingsOf } from './actions';

describe('deploying a release', () => {
  it('is called a roll back where a newer one runs', () => {
    const release = { version: '12', displayVersion: '2.13.8' };
    expect(deployAction('checkout', 'production-fr', release, { version: '14', displayVersion: '2.14.1' }).title).toBe(
      'Roll back checkout in production-fr from 2.14.1 to 2.13.8',
    );
    expect(deployAction('checkout', 'production-fr', release, { version: '9' })).toEqual({
      action: { deploy: { application: 'checkout', environment: 'production-fr', version: '12' } },
      title: 'Deploy checkout 2.13.8 to production-fr',
    });
  });
});

describe('the settings of an application', () => {
  const app = { name: 'checkout', team: 'payments', labels: { tier: 'backend', old: 'yes' } };

  it('change only what the form changed; a label that left the form is removed', () => {
    const form = { ...settingsOf(app), team: 'checkouts', labels: 'tier=frontend\nlang=go' };
    expect(settingsAction(app, form)?.action).toEqual({
      applyApplication: { application: 'checkout', team: 'checkouts', labels: { tier: 'frontend', lang: 'go', old: '' } },
    });
  });

  it('make no action when nothing changes', () => {
    expect(settingsAction(app, settingsOf(app))).toBeUndefined();
  });

  it('name the line that is no label', () => {
    expect(parseLabels('tier=backend\nno value=')).toMatchObject({ wrong: 'no value=' });
    expect(settingsAction(app, { ...settingsOf(app), labels: 'nonsense' })).toBeUndefined();
  });
});
