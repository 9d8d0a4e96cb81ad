import { Alert, Button, type ButtonProps, createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

// The frame is ink, not a brand colour: a hue always means a state.
const ink: MantineColorsTuple = [
  '#f5f6f8', '#e7ebf1', '#c3cad3', '#8f9aa8', '#5d6876', '#465160', '#2a3441', '#1f2937', '#18202b', '#0d1116',
];

// Dark controls take the frame's greys: border, hover, field, page.
const dark: MantineColorsTuple = [
  '#e7ebf0', '#b1bac6', '#8f9aa8', '#6b7786', '#6b7786', '#232b36', '#141920', '#1b212a', '#0d1116', '#0a0d12',
];

// Controls are set in 12 px, captions in 11.
const CONTROL = { input: { fontSize: 'var(--mantine-font-size-sm)' } };

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 1 },
  colors: { ink, dark },
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '18px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  defaultRadius: 6,
  components: {
    Button: Button.extend({
      defaultProps: { size: 'compact-sm' },
      styles: { root: { height: 28, fontWeight: 500, paddingInline: 10 } },
      vars: (_, props) => ({ root: buttonColours(props) }),
    }),
    TextInput: { defaultProps: { size: 'xs' }, styles: CONTROL },
    Textarea: { defaultProps: { size: 'xs' }, styles: CONTROL },
    Select: { defaultProps: { size: 'xs' }, styles: CONTROL },
    MultiSelect: { defaultProps: { size: 'xs' }, styles: CONTROL },
    Modal: {
      defaultProps: { radius: 8, centered: true, overlayProps: { backgroundOpacity: 0.4 } },
      styles: { content: { background: 'var(--raised)' }, header: { background: 'var(--raised)' } },
    },
    Alert: Alert.extend({ vars: (_, { color = 'blue' }) => ({ root: alertColours(color) }) }),
    Tooltip: { defaultProps: { openDelay: 300, withinPortal: true, multiline: true, maw: 360 } },
  },
});

// The primary button is ink on paper, in both schemes; the dangerous one is the red of our tokens.
function buttonColours({ variant = 'filled', color }: ButtonProps): Record<string, string> {
  if (variant !== 'filled') return {};
  if (color === 'red') return { '--button-bg': 'var(--red)', '--button-hover': 'var(--red-ln)', '--button-color': 'var(--surface)' };
  return { '--button-bg': 'var(--ink)', '--button-hover': 'var(--ink2)', '--button-color': 'var(--on-ink)' };
}

function alertColours(hue: string): Record<string, string> {
  return { '--alert-bg': `var(--${hue}-bg)`, '--alert-color': `var(--${hue})`, '--alert-bd': '1px solid transparent' };
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variables(),
  dark: variables(),
});

function variables() {
  return {
    '--mantine-color-body': 'var(--canvas)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink3)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-default-border': 'var(--line2)',
    '--mantine-color-placeholder': 'var(--ink3)',
  };
}
