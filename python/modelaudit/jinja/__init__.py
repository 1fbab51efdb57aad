"""What templates do, by their syntax trees: nothing here renders or compiles one."""
