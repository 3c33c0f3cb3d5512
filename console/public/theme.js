// The chosen theme, before the first paint. Without a choice the system decides.
try {
  const theme = localStorage.getItem('sallyport.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (error) {
  console.info('No theme is remembered here:', error);
}
