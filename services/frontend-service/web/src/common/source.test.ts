import { describe, expect, it } from 'vitest';
import { authorName, commitPage, pullOf, pullPage, repositoryPage, webAddress } from './source';

describe('links to the source', () => {
  it('lead to the commit and the pull request on the host of the repository', () => {
    const repo = 'https://git.shop.example/shop/checkout';
    expect(commitPage(repo, '8d20b6f')).toBe('https://git.shop.example/shop/checkout/commit/8d20b6f');
    expect(pullPage(`${repo}.git`, '4711')).toBe('https://git.shop.example/shop/checkout/pull/4711');
    expect(pullPage('https://gitlab.shop.example/shop/checkout/', '7')).toBe('https://gitlab.shop.example/shop/checkout/-/merge_requests/7');
  });

  it('understand the way git names a repository', () => {
    expect(repositoryPage('git@github.com:shop/checkout.git')).toBe('https://github.com/shop/checkout');
    expect(repositoryPage('ssh://git@git.shop.example:2222/shop/checkout.git')).toBe('https://git.shop.example/shop/checkout');
  });

  it('are none where the address is not one of the web', () => {
    expect(webAddress('javascript:alert(1)')).toBeUndefined();
    expect(commitPage('javascript:alert(1)', 'abc')).toBeUndefined();
    expect(commitPage('/srv/git/checkout', 'abc')).toBeUndefined();
    expect(commitPage('', 'abc')).toBeUndefined();
  });

  it('take the pull request out of the message', () => {
    expect(pullOf('Retry captures once (#4711)\n\nSee (#12)')).toBe('4711');
    expect(pullOf('Merge pull request #99 from shop/retry')).toBe('99');
    expect(pullOf('Retry\n\nSee merge request shop/checkout!5')).toBe('5');
    expect(pullOf('Fixes #4')).toBeUndefined();
  });

  it('leave the mail address of an author out', () => {
    expect(authorName('Rosa Stein <rosa@shop.example>')).toBe('Rosa Stein');
    expect(authorName(undefined)).toBe('');
  });
});
