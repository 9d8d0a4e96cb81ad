import '@mantine/core/styles.css';
import './app/tokens.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from './api/client';
import { keepFresh } from './api/fresh';
import { live } from './api/live';
import { router } from './app/router';
import { cssVariables, theme } from './app/theme';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000, // the watch stream says what changed; nothing polls
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
    },
  },
});

// The pages live under /ui; everything else on this host is API.
if (!window.location.pathname.startsWith('/ui')) window.history.replaceState(null, '', '/ui/');

live.onEvent(keepFresh(client));
void live.run(new AbortController().signal);
// A laptop that wakes up, or a network that comes back, does not wait for the next try.
window.addEventListener('online', live.tryNow);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && live.tryNow());

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
