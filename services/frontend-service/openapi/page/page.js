// Shows /openapi.json. Everything goes in as text nodes, so nothing in the document can become markup.
'use strict';

let doc;

function element(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

/** Text with `code` in it. */
function prose(text) {
  return (text || '').split('`').map((piece, i) => (i % 2 ? element('code', {}, piece) : piece));
}

function resolve(value) {
  if (!value || !value.$ref) return value || {};
  return value.$ref.slice(2).split('/').reduce((at, key) => at[key], doc);
}

const refName = (schema) => (schema && schema.$ref ? schema.$ref.split('/').pop() : '');

/** A schema's name as a person says it: string, Release[], map of string. */
function typeName(schema) {
  if (!schema) return '';
  if (schema.$ref) return refName(schema);
  if (schema.allOf) return typeName(schema.allOf[0]);
  if (schema.type === 'array') return typeName(schema.items) + '[]';
  if (schema.additionalProperties && schema.additionalProperties !== true) return 'map of ' + typeName(schema.additionalProperties);
  return (schema.type || 'any') + (schema.format ? ' (' + schema.format + ')' : '');
}

function typeCell(schema) {
  const name = typeName(schema);
  const target = name.replace(/\[\]$/, '').replace(/^map of /, '');
  const link = doc.components.schemas[target];
  const cell = element('td', {}, link ? element('a', { class: 'type', href: '#schema-' + target }, name) : element('span', { class: 'type' }, name));
  const values = resolve(schema).enum || (schema && schema.enum);
  if (values && !link) cell.append(element('div', { class: 'muted' }, values.join(', ')));
  return cell;
}

function row(name, schema, description, required) {
  return element('tr', {}, element('td', {}, element('code', {}, name), required ? element('span', { class: 'muted' }, ' required') : ''),
    typeCell(schema), element('td', {}, ...prose(description)));
}

function properties(schema) {
  const full = resolve(schema);
  const required = full.required || [];
  const rows = Object.entries(full.properties || {}).map(([name, p]) => row(name, p, p.description, required.includes(name)));
  if (full.enum) return element('p', {}, full.enum.join(', '));
  return rows.length ? element('table', {}, ...rows) : element('p', { class: 'muted' }, typeName(schema));
}

/** A made-up value of a schema, two levels deep, for the curl line. */
function example(name, schema, depth) {
  const s = resolve(schema);
  if (s.example !== undefined) return s.example;
  if (s.allOf) return example(name, s.allOf[0], depth);
  if (s.enum) return s.enum[Math.min(1, s.enum.length - 1)];
  if (s.type === 'array') return depth > 2 ? [] : [example(name, s.items, depth + 1)];
  if (s.type === 'object' || s.properties) {
    if (s.additionalProperties && s.additionalProperties !== true) return { staging: example(name, s.additionalProperties, depth + 1) };
    const out = {};
    for (const [key, p] of Object.entries(s.properties || {}).slice(0, depth ? 2 : 6)) if (depth < 3) out[key] = example(key, p, depth + 1);
    return out;
  }
  if (s.type === 'boolean') return false;
  if (s.type === 'integer' || s.type === 'number') return 1;
  if (s.format === 'uint64' || s.format === 'int64') return '1';
  if (s.format === 'date-time') return '2026-11-20T09:00:00Z';
  return name;
}

const quote = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

function curl(method, path, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  let address = path;
  for (const p of parameters) if (p.in === 'path') address = address.replace('{' + p.name + '}', p.name.toUpperCase());
  const query = parameters.filter((p) => p.in === 'query' && p.required).map((p) => p.name + '=' + example(p.name, p.schema, 0)).join('&');
  const lines = ['curl -sS' + (method === 'get' ? '' : ' -X ' + method.toUpperCase()) + ' ' + quote(location.origin + address + (query ? '?' + query : ''))];
  const content = (resolve(operation.requestBody) || {}).content || {};
  if (content['multipart/form-data']) {
    for (const [name, p] of Object.entries(resolve(content['multipart/form-data'].schema).properties).slice(0, 6)) {
      lines.push('-F ' + quote(name.replace('ENVIRONMENT', 'staging') + '=' + (p.format === 'binary' ? '@FILE' : name.toUpperCase())));
    }
  } else if (content['application/json']) {
    lines.push("-H 'Content-Type: application/json'", '-d ' + quote(JSON.stringify(example('', content['application/json'].schema, 0))));
  }
  if (operation.responses['200'] && (operation.responses['200'].content || {})['application/x-ndjson']) lines[0] = lines[0].replace('-sS', '-sSN');
  return lines.join(' \\\n  ');
}

function curlBox(text) {
  const copy = element('button', { type: 'button' }, 'Copy');
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = 'Copied';
  });
  return element('div', { class: 'curl' }, element('pre', {}, text), copy);
}

function responses(operation) {
  return element('table', {}, ...Object.entries(operation.responses).map(([code, r]) => {
    const full = resolve(r);
    const [media, content] = Object.entries(full.content || {})[0] || ['', {}];
    const cell = content.schema ? typeCell(content.schema) : element('td', {});
    if (media) cell.append(element('div', { class: 'muted' }, media));
    return element('tr', {}, element('td', {}, element('code', {}, code)), cell, element('td', {}, ...prose(full.description)));
  }));
}

function operationBox(method, path, operation) {
  const body = element('div', { class: 'body' });
  const box = element('details', { id: operation.operationId, 'data-text': (method + ' ' + path + ' ' + operation.summary).toLowerCase() },
    element('summary', {}, element('span', { class: 'method ' + method }, method.toUpperCase()), element('span', { class: 'path' }, path),
      element('span', { class: 'summary' }, ...prose(operation.summary))), body);
  box.addEventListener('toggle', () => {
    if (!box.open || body.childNodes.length) return;
    if (operation.description) body.append(element('p', { class: 'about' }, ...prose(operation.description)));
    const parameters = (operation.parameters || []).map(resolve);
    if (parameters.length) {
      body.append(element('h3', {}, 'Parameters'), element('table', {}, ...parameters.map((p) => row(p.name + ' (' + p.in + ')', p.schema, p.description, p.required))));
    }
    for (const [media, content] of Object.entries(resolve(operation.requestBody).content || {})) {
      body.append(element('h3', {}, 'Body, ' + media), properties(content.schema));
    }
    body.append(element('h3', {}, 'Answers'), responses(operation), element('h3', {}, 'Try it'), curlBox(curl(method, path, operation)));
  });
  return box;
}

function schemaBox(name, schema) {
  return element('details', { id: 'schema-' + name, 'data-text': name.toLowerCase() },
    element('summary', {}, element('span', { class: 'path' }, name), element('span', { class: 'summary' }, ...prose((schema.description || '').split('\n')[0]))),
    element('div', { class: 'body' }, properties(schema)));
}

function show() {
  const main = document.getElementById('main');
  const contents = document.getElementById('contents');
  main.replaceChildren(element('p', { class: 'about' }, ...prose(doc.info.description)));
  const section = (id, name, description, boxes) => {
    contents.append(element('a', { href: '#' + id }, name));
    main.append(element('section', {}, element('h2', { id }, name), element('p', { class: 'muted' }, description), ...boxes));
  };
  for (const tag of doc.tags) {
    const boxes = [];
    for (const [path, operations] of Object.entries(doc.paths)) {
      for (const [method, operation] of Object.entries(operations)) if (operation.tags.includes(tag.name)) boxes.push(operationBox(method, path, operation));
    }
    section('tag-' + tag.name.replace(/\W+/g, '-'), tag.name, tag.description || '', boxes);
  }
  section('schemas', 'Schemas', 'What goes in and what comes out.', Object.entries(doc.components.schemas).map(([name, s]) => schemaBox(name, s)));
  openTarget();
}

/** Opens what the address names, so that a link to an operation shows it. */
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === 'DETAILS') target.open = true;
  target.scrollIntoView();
}

function filter(event) {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const box of document.querySelectorAll('details')) box.hidden = !words.every((w) => box.dataset.text.includes(w));
  for (const s of document.querySelectorAll('section')) s.hidden = words.length > 0 && !s.querySelector('details:not([hidden])');
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
}

setTheme(localStorage.getItem('signalbox-theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
document.getElementById('theme').addEventListener('click', () => {
  const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('signalbox-theme', theme);
  setTheme(theme);
});
document.getElementById('filter').addEventListener('input', filter);
addEventListener('hashchange', openTarget);

fetch('/openapi.json').then((r) => r.json()).then((d) => {
  doc = d;
  show();
}).catch((err) => {
  document.getElementById('main').replaceChildren(element('p', {}, 'The document could not be loaded: ' + err.message));
});
