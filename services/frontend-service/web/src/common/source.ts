// Links out of Signalbox: to commits, pull requests and CI runs. Only http and https addresses become links.

/** The address when it can be followed safely, else undefined. */
export function webAddress(address?: string): string | undefined {
  try {
    const url = new URL(address ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The web page of a source repository, also of one that is named the way git does: git@host:team/repo.git. */
export function repositoryPage(repo?: string): string | undefined {
  const scp = /^(?:ssh:\/\/)?[\w.-]+@([\w.-]+)(?::\d+\/|[:/])(.+)$/.exec(repo?.trim() ?? '');
  const page = webAddress(scp ? `https://${scp[1]}/${scp[2]}` : repo?.trim());
  return page?.replace(/\/+$/, '').replace(/\.git$/, '');
}

// Hosts differ in one word of the path.
function pathsOf(page: string): { commit: string; pull: string } {
  const host = new URL(page).hostname;
  if (host.includes('gitlab')) return { commit: '/-/commit/', pull: '/-/merge_requests/' };
  if (host.includes('bitbucket')) return { commit: '/commits/', pull: '/pull-requests/' };
  if (host.includes('gitea') || host.includes('codeberg')) return { commit: '/commit/', pull: '/pulls/' };
  return { commit: '/commit/', pull: '/pull/' };
}

/** Where a source commit can be seen. */
export function commitPage(repo: string | undefined, commit: string | undefined): string | undefined {
  const page = repositoryPage(repo);
  return page && commit ? `${page}${pathsOf(page).commit}${commit}` : undefined;
}

/** The pull request that a commit message names, such as "Retry captures (#4711)". */
export function pullOf(message?: string): string | undefined {
  const first = message?.split('\n', 1)[0] ?? '';
  return /\(#(\d+)\)/.exec(first)?.[1] ?? /^Merge pull request #(\d+)\b/.exec(first)?.[1] ?? /See merge request \S*!(\d+)/.exec(message ?? '')?.[1];
}

/** Where the pull request can be seen. */
export function pullPage(repo: string | undefined, pull: string | undefined): string | undefined {
  const page = repositoryPage(repo);
  return page && pull ? `${page}${pathsOf(page).pull}${pull}` : undefined;
}

/** The name in "Name <mail>". */
export function authorName(author?: string): string {
  return author?.replace(/\s*<.*$/, '').trim() ?? '';
}
