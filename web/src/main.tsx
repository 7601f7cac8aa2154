/** The entry point of the dashboard. */
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { followSession } from "./app/follow";
import { createClient } from "./app/queryClient";
import { router } from "./app/router";
import { begin } from "./lib/session/session";
import "./styles.css";

const client = createClient();
followSession(client);
void begin();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
