from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shop.account.second_factor import take_away
from shop.customers.models import User


class Command(BaseCommand):
    help = "Take the second factor off an account whose owner has lost app, passkeys and recovery codes. Twice is once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Make sure by another way than mail that it is really them who ask.")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError(f"There is no account of {email}.")
        taken = take_away(user=user, actor="forget_second_factor", now=timezone.now())
        self.stdout.write(f"{user.email}: {taken} taken away. Now the password alone lets them in.")
