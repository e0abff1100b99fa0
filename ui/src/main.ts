// Opens the UI in the window.
import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { appearance } from './state/appearance.svelte';

appearance.apply();

const target = document.getElementById('app');
if (target !== null) mount(App, { target });
