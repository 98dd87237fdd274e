/** Bar at the bottom of a page whose server does not train. */

export function Untrained() {
  return (
    <footer class="glass bottom-bar baked">
      <p class="muted">
        This server does not train. Your labels are saved. To train on them, start{" "}
        <code>lodespace serve</code> without <code>--no-training</code>.
      </p>
    </footer>
  );
}
