import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconAlertOctagon, IconUserCheck } from '@tabler/icons-react';
import { type Approval, approvalsQuery } from '../api/line';
import { Empty, Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { Page } from '../common/Page';
import { When } from '../common/When';
import classes from './ApprovalsPage.module.css';
import { RequestPanel } from './RequestPanel';
import { askedBy, wanted } from './words';

/** What waits for somebody's approval, and what approving it would deploy. */
export function ApprovalsPage() {
  const search = useSearch({ from: '/approvals' });
  const navigate = useNavigate({ from: '/approvals' });
  const query = useInfiniteQuery(approvalsQuery);
  const approvals = query.data?.pages.flatMap((p) => p.approvals ?? []) ?? [];
  const chosen = approvals.find((a) => a.id === search.id && a.environment === search.environment) ?? (search.id ? undefined : approvals[0]);
  const bar = (
    <>
      <h1>Approvals</h1>
      {query.data && <span className="count">{query.data.pages[0]?.total ?? 0}</span>}
      <span className="grow" />
      <span className="small ink3">Nothing of a request is deployed until somebody who may approves it.</span>
    </>
  );
  return (
    <Page bar={bar}>
      {query.isError ? (
        <Failed what="Approvals" error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <Loading />
      ) : approvals.length === 0 ? (
        <Empty title="Nothing waits for approval">
          An environment asks for approval when its config says so (Environments, Edit config, Approval). What a train, a release or a person would deploy there then waits here as one request.
          {search.id && <p>Request {search.id} was answered, ran out, or was replaced by a newer one; the history says which.</p>}
        </Empty>
      ) : (
        <div className={classes.body}>
          <nav className={classes.list} aria-label="Requests for approval, oldest first">
            {approvals.map((a) => (
              <Item
                key={`${a.environment}/${a.id}`}
                approval={a}
                chosen={a === chosen}
                choose={() => void navigate({ search: { environment: a.environment, id: a.id } })}
              />
            ))}
            {query.hasNextPage && (
              <div className="page">
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            )}
          </nav>
          {chosen ? (
            <RequestPanel
              key={`${chosen.environment}/${chosen.id}`}
              approval={chosen}
              application={search.application}
              choose={(application) => void navigate({ search: { environment: chosen.environment, id: chosen.id, application }, replace: true })}
            />
          ) : (
            <Empty title={`Request ${search.id} does not wait any more`}>It was answered, ran out, or was replaced by a newer one; the history says which.</Empty>
          )}
        </div>
      )}
    </Page>
  );
}

function Item({ approval: a, chosen, choose }: { approval: Approval; chosen: boolean; choose: () => void }) {
  return (
    <button type="button" className={classes.item} aria-current={chosen} onClick={choose}>
      <span className="row">
        {a.problem ? (
          <IconAlertOctagon size={14} color="var(--red)" aria-label="Cannot be read" />
        ) : (
          <IconUserCheck size={14} color="var(--violet)" aria-hidden="true" />
        )}
        <b className="ellipsis grow" style={{ fontWeight: 600 }}>
          {wanted(a)}
        </b>
        <span className="chip">{a.environment}</span>
      </span>
      <span className="small ink2 ellipsis">
        {askedBy(a)} by {a.createdBy?.name || a.createdBy?.email}, <Ago time={a.createdAt} suffix=" ago" />
        {a.reason && `: ${a.reason}`}
      </span>
      {a.expiresAt && (
        <span className="small ink3">
          Ends <When time={a.expiresAt} />
        </span>
      )}
    </button>
  );
}
