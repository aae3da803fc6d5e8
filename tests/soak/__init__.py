"""What must hold for minutes: many clients, random requests, kills, full disks (`make soak`)."""
