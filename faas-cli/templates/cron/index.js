// Runs when it is called, for example by cron:
//   */5 * * * * faas invoke NAME --async
export default {
  async scheduled(event, env) {
    console.log('running for', new Date(event.scheduledTime).toISOString(), env.REGION);
  },
};
