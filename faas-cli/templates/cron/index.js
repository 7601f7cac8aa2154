// Runs at the times of the schedules in faas.json. Run it at once: faas schedule fire NAME often
export default {
  async scheduled(event, env) {
    console.log('running for', new Date(event.scheduledTime).toISOString(), env.REGION);
  },
};
