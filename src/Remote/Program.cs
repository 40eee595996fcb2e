return await WebLab.Remote.Entry.Run(args, WebLab.Remote.Terminal.Own());
