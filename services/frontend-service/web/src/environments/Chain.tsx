import '@xyflow/react/dist/base.css';
import { ActionIcon, Button } from '@mantine/core';
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath, type Node, Panel, ReactFlow, useReactFlow } from '@xyflow/react';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Environment, Lock } from '../api/types';
import classes from './Chain.module.css';
import { layout, NODE, pilePlace } from './layout';
import { BoxNode, EnvironmentNode, PileNode } from './nodes';
import { type Signal, signalOf, signalOfAll } from './signal';
import { SignalArm } from './SignalArm';

const NODES = { environment: EnvironmentNode, box: BoxNode, pile: PileNode };
const EDGES = { signal: SignalEdge };

interface Props {
  environments: Environment[];
  stop?: Lock;
  chosen?: string;
  choose: (environment: string) => void;
}

/** The promotion graph: environments by group along the chain, a signal before each. */
export function Chain({ environments, stop, chosen, choose }: Props) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const { nodes, edges } = useMemo(() => {
    const unfold = (group: string) => setUnfolded((old) => new Set(old).add(group));
    return draw(environments, stop, unfolded, chosen, choose, unfold);
  }, [environments, stop, unfolded, chosen, choose]);
  // Another set of boxes is another picture, which is to be seen whole.
  const key = `${environments.map((e) => e.name).join()} ${[...unfolded].join()}`;
  return (
    <div className={classes.canvas}>
      <ReactFlow
        key={key}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnDoubleClick={false}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
        minZoom={0.2}
        maxZoom={1.5}
        aria-label="Promotion chain"
      >
        <Zoom />
      </ReactFlow>
    </div>
  );
}

function draw(
  environments: Environment[],
  stop: Lock | undefined,
  unfolded: ReadonlySet<string>,
  chosen: string | undefined,
  choose: (environment: string) => void,
  unfold: (group: string) => void,
): { nodes: Node[]; edges: Edge[] } {
  const chain = layout(environments, unfolded);
  const nodes: Node[] = chain.boxes.map((b) => ({
    id: `box:${b.group}`, type: 'box', position: { x: b.x, y: b.y }, width: b.width, height: b.height, zIndex: -1, data: { box: b },
  }));
  for (const box of chain.boxes.filter((b) => b.folded))
    nodes.push({ id: `pile:${box.group}`, type: 'pile', position: pilePlace(box), width: NODE.width, height: NODE.stack, data: { box, stop, unfold } });
  for (const { environment, x, y } of chain.places)
    nodes.push({
      id: environment.name ?? '', type: 'environment', position: { x, y }, width: NODE.width, height: NODE.height,
      data: { environment, stop, chosen: environment.name === chosen, choose },
    });
  const byName = new Map(environments.map((e) => [e.name ?? '', e]));
  const piles = new Map(chain.boxes.map((b) => [`pile:${b.group}`, b.environments]));
  const edges = chain.arcs.map(({ from, to }) => {
    const e = byName.get(to);
    const signal = e ? signalOf(e, stop) : signalOfAll(piles.get(to) ?? [], stop);
    return { id: `${from}>${to}`, source: from, target: to, type: 'signal', data: { signal } };
  });
  return { nodes, edges };
}

function SignalEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data }: EdgeProps) {
  const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const signal = (data as { signal: Signal }).signal;
  return (
    <>
      <BaseEdge id={id} path={path} style={{ strokeWidth: 1.5 }} />
      <EdgeLabelRenderer>
        <span
          className={`${classes.signal} ${signal.tone === 'quiet' ? '' : classes[signal.tone]}`}
          style={{ transform: `translate(-100%, -50%) translate(${targetX - 22}px, ${targetY}px)` }}
        >
          <SignalArm raised={signal.clear} /> {signal.word}
        </span>
      </EdgeLabelRenderer>
    </>
  );
}

function Zoom() {
  const flow = useReactFlow();
  return (
    <Panel position="bottom-left" style={{ margin: 16, display: 'flex', gap: 4 }}>
      <ActionIcon variant="default" size={28} aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        <IconPlus size={14} />
      </ActionIcon>
      <ActionIcon variant="default" size={28} aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        <IconMinus size={14} />
      </ActionIcon>
      <Button variant="default" onClick={() => void flow.fitView({ padding: 0.06, maxZoom: 1 })}>
        Fit
      </Button>
    </Panel>
  );
}
