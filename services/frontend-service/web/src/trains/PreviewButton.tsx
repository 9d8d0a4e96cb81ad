import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';

/** A button that leads to the preview of a train. */
export function PreviewButton({ target, group, train, label = 'Preview' }: { target: string; group?: boolean; train?: string; label?: string }) {
  const navigate = useNavigate();
  return (
    <Button variant="default" onClick={() => void navigate({ to: '/trains/$target', params: { target }, search: { group: !!group, train } })}>
      {label}
    </Button>
  );
}
